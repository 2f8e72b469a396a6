import cmd2
from cmd2 import Cmd2ArgumentParser, with_argparser
from pony.orm import db_session

from .models import Animal


class Shell(cmd2.Cmd):
    prompt = "herd> "
    intro = "The herd, by hand."
    young = Cmd2ArgumentParser()
    young.add_argument("tag")

    def __init__(self):
        super().__init__(allow_cli_args=False, include_ipy=False)

    @with_argparser(young)
    def do_young(self, options):
        """Say who the young of an animal are."""
        with db_session:
            one = Animal.get(tag=options.tag)
            if one is None:
                self.perror(f"no animal {options.tag}")
            else:
                self.poutput(", ".join(sorted(y.name for y in one.young)) or "none")
