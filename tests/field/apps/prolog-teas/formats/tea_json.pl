:- module(tea_json, [reply/1]).
:- use_module(library(http/http_json)).

reply(Rows) :-
    findall(_{name: N, country: C, price: P, minutes: M}, member(row(N, C, P, M), Rows), Dicts),
    reply_json_dict(Dicts).
