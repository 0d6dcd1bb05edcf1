"""`python -m retouchd`."""

from retouchd.cli.main import main

main()
