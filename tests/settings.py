"""The settings under test: the project's in a test environment, with a data directory for this run.
The environment sets the database and broker, as everywhere."""

import atexit
import os
import shutil
import tempfile

if "PYTEST_XDIST_WORKER" not in os.environ and "RESTORATIVE_TEST_RUN" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="restorative-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
os.environ["RESTORATIVE_TEST_RUN"] = "yes"
os.environ["RESTORATIVE_ENV"] = "test"

if "RESTORATIVE_TEST_NOW" in os.environ:
    # A process that a test started with another time than now.
    import time_machine

    time_machine.travel(os.environ["RESTORATIVE_TEST_NOW"], tick=True).start()

from restorative.settings import *  # noqa: F403
from restorative.settings import STATIC_ROOT

STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # empty: pages under test read static files from their source
