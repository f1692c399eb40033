"""Runs a module that must not outlive whoever started it: `python -m sandbox.tether MODULE ARG...`.

Standard input is the tether: when it ends, because the starter let go or was killed, the module is told to stop.
"""

import os
import runpy
import signal
import sys
import threading
import time

PATIENCE_SECONDS = 5.0
"""How long a module may take to stop before the process simply ends."""


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_SECONDS)
    os._exit(1)


def main() -> None:
    """Run the module named first on the command line, with the rest as its own, for as long as the tether holds."""
    module, *rest = sys.argv[1:]
    threading.Thread(target=_watch, name="tether", daemon=True).start()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
