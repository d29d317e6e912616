"""``python -m adoption``: the command line without an installed script."""

from adoption.cli import main

main()
