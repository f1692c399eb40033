"""The grammar of SOQL, for Lark's LALR parser; `soql_parser` makes the nodes."""

AGGREGATES = frozenset(["COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG"])
"""Functions over a group of rows."""

DATE_FUNCTIONS = frozenset(
    [
        "CALENDAR_MONTH",
        "CALENDAR_QUARTER",
        "CALENDAR_YEAR",
        "DAY_IN_MONTH",
        "DAY_IN_WEEK",
        "DAY_IN_YEAR",
        "DAY_ONLY",
        "FISCAL_MONTH",
        "FISCAL_QUARTER",
        "FISCAL_YEAR",
        "HOUR_IN_DAY",
        "WEEK_IN_MONTH",
        "WEEK_IN_YEAR",
    ]
)
"""Functions over a date or an instant; all but DAY_ONLY give a number."""

DISPLAY_FUNCTIONS = frozenset(["TOLABEL", "FORMAT", "CONVERTCURRENCY"])
"""Functions that change how a value is shown."""

OTHER_FUNCTIONS = frozenset(["GROUPING", "CONVERTTIMEZONE"])

_NAMES = "|".join(sorted(AGGREGATES | DATE_FUNCTIONS | DISPLAY_FUNCTIONS | OTHER_FUNCTIONS))

_UNITS = "(DAYS|WEEKS|MONTHS|(FISCAL_)?QUARTERS|(FISCAL_)?YEARS)"

GRAMMAR = (
    r"""
?start: select
select: _SELECT items _FROM source parents? scope? where? group? having? order? limit? offset? _trailer?
items: item ("," item)*
item: PATH PATH? -> field_item
    | call PATH? -> call_item
    | "(" select ")" -> child_item
    | FIELDS "(" PATH ")" -> fields_item
    | _TYPEOF PATH when+ otherwise? _END -> typeof_item
when: _WHEN PATH _THEN path_list
otherwise: _ELSE path_list
path_list: PATH ("," PATH)*
source: PATH (_AS? PATH)?
parents: ("," PATH _AS? PATH)+
scope: _USING_SCOPE PATH
where: _WHERE condition
group: _GROUP_BY operand ("," operand)*
    | _GROUP_BY ROLLED operand ("," operand)* ")"
having: _HAVING condition
order: _ORDER_BY order_item ("," order_item)*
order_item: operand (ASC | DESC)? (NULLS_FIRST | NULLS_LAST)?
limit: _LIMIT NUMBER
offset: _OFFSET NUMBER
_trailer: (_FOR _VIEW_REFERENCE)+
call: FUNCTION ")" -> call_empty
    | FUNCTION operand ")" -> call_operand
?operand: PATH -> path
    | call
?condition: term | all_of | any_of
all_of: term (_AND term)+
any_of: term (_OR term)+
?term: _NOT term -> negation
    | "(" condition ")"
    | operand OPERATOR literal -> comparison
    | operand LIKE STRING -> comparison_like
    | operand IN values -> member
    | operand _NOT IN values -> not_member
    | operand CHOICES values -> choices
values: "(" literal ("," literal)* ")" -> value_list
    | "(" select ")" -> value_query
literal: STRING | DATETIME | DATE | MONEY | NUMBER | BOOLEAN | NULL | DAY_NAME | SPAN_NAME | COUNTED_NAME

_SELECT.3: /SELECT\b/i
_FROM.3: /FROM\b/i
_WHERE.3: /WHERE\b/i
_USING_SCOPE.3: /USING\s+SCOPE\b/i
_GROUP_BY.3: /GROUP\s+BY\b/i
_HAVING.3: /HAVING\b/i
_ORDER_BY.3: /ORDER\s+BY\b/i
_LIMIT.3: /LIMIT\b/i
_OFFSET.3: /OFFSET\b/i
_FOR.3: /FOR\b/i
_VIEW_REFERENCE.3: /(VIEW|REFERENCE)\b/i
_TYPEOF.4: /TYPEOF\b/i
_WHEN.4: /WHEN\b/i
_THEN.4: /THEN\b/i
_ELSE.4: /ELSE\b/i
_END.4: /END\b/i
_AS.3: /AS\b/i
_AND.3: /AND\b/i
_OR.3: /OR\b/i
_NOT.3: /NOT\b/i
LIKE.3: /LIKE\b/i
IN.3: /IN\b/i
CHOICES.4: /(INCLUDES|EXCLUDES)\b/i
ASC.3: /ASC\b/i
DESC.3: /DESC\b/i
NULLS_FIRST.3: /NULLS\s+FIRST\b/i
NULLS_LAST.3: /NULLS\s+LAST\b/i
FIELDS.5: /FIELDS(?=\s*\()/i
ROLLED.5: /(ROLLUP|CUBE)\s*\(/i
FUNCTION.4: /("""
    + _NAMES
    + r""")\s*\(/i
BOOLEAN.3: /(TRUE|FALSE)\b/i
NULL.3: /NULL\b/i
DAY_NAME.4: /(TODAY|YESTERDAY|TOMORROW|(LAST|NEXT)_90_DAYS)\b/i
SPAN_NAME.4: /(LAST|THIS|NEXT)_(WEEK|MONTH|(FISCAL_)?QUARTER|(FISCAL_)?YEAR)\b/i
COUNTED_NAME.4: /((LAST|NEXT)_N_"""
    + _UNITS
    + "|N_"
    + _UNITS
    + r"""_AGO):\d+\b/i
DATETIME.5: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)/
DATE.4: /\d{4}-\d\d-\d\d/
MONEY.5: /[A-Za-z]{3}\d+(\.\d+)?\b/
NUMBER.2: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
PATH.1: /[A-Za-z_]\w*(\s*\.\s*[A-Za-z_]\w*)*/
STRING: /'(\\.|[^'\\])*'/s
OPERATOR: "!=" | "<>" | "<=" | ">=" | "=" | "<" | ">"
%import common.WS
%ignore WS
"""
)
