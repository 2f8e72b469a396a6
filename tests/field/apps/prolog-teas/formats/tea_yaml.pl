:- module(tea_yaml, [reply/1]).
:- use_module(library(yaml)).

reply(Rows) :-
    findall(_{name: N, minutes: M}, member(row(N, _, _, M), Rows), Dicts),
    format("Content-type: application/yaml; charset=UTF-8~n~n"),
    yaml_write(current_output, Dicts).
