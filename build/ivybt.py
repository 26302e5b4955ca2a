"""Entry of the frozen app: the same as ``python -m ivybt_desktop``."""

import multiprocessing

if __name__ == "__main__":
    multiprocessing.freeze_support()
    from ivybt_desktop.__main__ import main

    raise SystemExit(main())
