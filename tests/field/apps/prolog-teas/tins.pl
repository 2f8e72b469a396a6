:- module(tins, [tins/2]).
:- use_module(library(clpfd)).

tins(Total, Tins) :-
    Tins = [A, B, C],
    Tins ins 1..20,
    A + 2 * B + 3 * C #= Total,
    all_different(Tins),
    once(label(Tins)).
