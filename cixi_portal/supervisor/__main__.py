"""``python -m cixi_portal.supervisor [stop]``."""

import os
import sys

from .address import Address
from .children import stop_everything
from .portal import Portal


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["stop"]:
            stop_everything()
        else:
            Portal(Address.from_environment(os.environ)).run()
    except RuntimeError as error:  # every refusal of ours; its text is for the operator
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
