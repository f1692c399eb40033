"""What is said of a query that cannot be parsed, in the words that Jira's own tests of its parser expect."""

import pytest

from sandbox.jira.jql import JqlError, parse

OPERATORS = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
VALUE = "Expecting either a value, list or function"
ESCAPE = "You must enclose it in a string or use the escape"


def surround(word: str) -> str:
    return f"You must surround '{word}' in quotation marks to use it as"


@pytest.mark.parametrize("text", ["NOT " * 3000 + "a = b", "a in " + "(" * 3000 + "b" + ")" * 3000])
def test_a_query_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(JqlError, match="nested more than 150 levels deep"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("comment ~ 'test", "The quoted string 'test' has not been completed. (line 1, character 11)"),
        ('priority="test\nword', "The quoted string 'test word' has not been completed. (line 1, character 10)"),
        ("comment ~ '", "The quoted string has not been completed. (line 1, character 11)"),
        (
            "mine{www = q",
            f"The character '{{' is a reserved JQL character. {ESCAPE} '\\u007b' instead. (line 1, character 5)",
        ),
        ("a =b order", "Expecting 'by' before the end of the query."),
        ("a =b order summary", "Expecting 'by' but got 'summary'. (line 1, character 12)"),
        ("a =b order by", "Expecting a field name at the end of the query."),
        ("a =b order by ajsks blah", "Expecting either 'ASC' or 'DESC' but got 'blah'. (line 1, character 21)"),
        ("order by a desc d", "Expecting ',' but got 'd'. (line 1, character 17)"),
        ("a", f"Expecting operator before the end of the query. {OPERATORS}"),
        ("a blah >", f"Expecting operator but got 'blah'. {OPERATORS} (line 1, character 3)"),
        ("a =a and j not is empty", "Expecting 'IN' but got 'is'. (line 1, character 16)"),
        ("a = func(", "Expecting ')' before the end of the query."),
        ("bas=func(bad,", "Expecting a function argument at the end of the query."),
        (
            "k = func(!",
            f"Expecting a function argument but got '!'. {surround('!')} an argument. (line 1, character 10)",
        ),
        ("k = func(abc, jk!)", "Expecting ')' or ',' but got '!'. (line 1, character 17)"),
        ("(a=b and c = d", "Expecting ')' before the end of the query."),
        ("a=", f"{VALUE} before the end of the query."),
        (
            "a=!",
            f"{VALUE} but got '!'. {surround('!')} a value. (line 1, character 3)",
        ),
        ("a=b c=d", "Expecting either 'OR' or 'AND' but got 'c'. (line 1, character 5)"),
        ("a=b)", "Expecting either 'OR' or 'AND' but got ')'. (line 1, character 4)"),
        ("a = ((c,d), d, e) and", "Expecting a field name at the end of the query."),
        (
            ", a = b",
            f"Expecting a field name but got ','. {surround(',')} a field name. (line 1, character 1)",
        ),
        ("a was", f"{VALUE} before the end of the query."),
    ],
)
def test_what_is_said_of_a_query_that_cannot_be_parsed(text: str, message: str) -> None:
    with pytest.raises(JqlError) as caught:
        parse(text)
    assert caught.value.messages == [f"Error in the JQL Query: {message}"]
