import os
import tempfile
from pathlib import Path

os.environ.setdefault("RICK_VAR_DIR", str(Path(tempfile.mkdtemp(prefix="rickproject-tests-"))))
