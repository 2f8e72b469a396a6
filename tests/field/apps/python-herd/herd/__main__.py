import argparse
import sys


def main():
    parser = argparse.ArgumentParser(prog="herd")
    sub = parser.add_subparsers(dest="what", required=True)
    sub.add_parser("serve")
    one = sub.add_parser("convert", help="a table into another format, by their endings")
    one.add_argument("source")
    one.add_argument("target")
    sub.add_parser("best")
    sub.add_parser("sql", help="how the query of `best` looks in SQL")
    one = sub.add_parser("announce", help="tell the network where the herd is")
    one.add_argument("--seconds", type=float, default=1)
    sub.add_parser("shell")
    options = parser.parse_args()
    if options.what == "convert":
        import pyexcel

        try:
            pyexcel.save_as(file_name=options.source, dest_file_name=options.target)
        except Exception as error:
            sys.exit(f"{type(error).__name__}: {error}")
        return print(*pyexcel.get_array(file_name=options.target)[:3], sep="\n")
    if options.what == "announce":
        from .announce import announce

        return announce(options.seconds)
    from . import models

    models.connect()
    if options.what == "serve":
        from cheroot.wsgi import Server

        from . import jobs
        from .web import served

        jobs.begin()
        Server(("0.0.0.0", 8090), served, numthreads=4, server_name="herd").safe_start()
    elif options.what == "shell":
        from .shell import Shell

        sys.exit(Shell().cmdloop())
    else:
        from pony.orm import db_session, set_sql_debug

        from . import sheets

        set_sql_debug(options.what == "sql", show_values=True)
        with db_session:
            for row in sheets.best():
                print(*row)


main()
