"""`python -m ci_slim`."""

from ci_slim.cli import main

if __name__ == "__main__":
    main()
