"""A stand-in of Launchpad on `lazr.restful`, the framework that Launchpad itself uses.

`sandbox.launchpad.service.LaunchpadService` serves it; the state's form is documented in `sandbox.launchpad.state`.
It needs the install extra `launchpad-sandbox`.
"""
