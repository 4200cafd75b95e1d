"""``python -m tests.schemaproof.proofs.data.shapes.measure SHAPE LANE ...`` prints what outcomes.py is to say of lanes.

It does what the test does (test_shapes.py), lane by lane: some minutes each on a busy machine.
"""

import sys
import tempfile
from pathlib import Path
from pprint import pprint

from schemaproof.postgres import Options, start
from tests.schemaproof.proofs.data.test_shapes import SHAPES, outcomes_of


def main(shape: str, *lanes: str) -> None:
    """Print the outcomes of ``lanes``; of all lanes of ``shape`` where none are named."""
    with start(Options("embedded", given=True)) as server:
        for lane in SHAPES[shape].LANES:
            if not lanes or lane.name in lanes:
                with tempfile.TemporaryDirectory() as folder:
                    pprint({lane.name: outcomes_of(Path(folder), server, shape, lane)}, width=120, sort_dicts=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
