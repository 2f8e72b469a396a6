:- module(tea_csv, [reply/1]).
:- use_module(library(csv)).

reply(Rows) :-
    format("Content-type: text/csv; charset=UTF-8~n~n"),
    csv_write_stream(current_output, [row(name, country, price, minutes)|Rows], []).
