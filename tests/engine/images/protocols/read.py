import sys
from pathlib import Path

sys.stdout.write(Path("/srv/data/stdin").read_text() + sys.stdin.read().upper())
