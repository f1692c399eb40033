"""A stand-in of Jira: Cloud or Data Center, one code; the state's `deployment` chooses.

`sandbox.jira.service.JiraService` serves it; the state's form is documented in `sandbox.jira.state`.
"""
