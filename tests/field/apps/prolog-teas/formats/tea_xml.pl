:- module(tea_xml, [reply/1]).
:- use_module(library(sgml_write)).

reply(Rows) :-
    findall(element(tea, [price=P], [N]), member(row(N, _, P, _), Rows), Teas),
    format("Content-type: application/xml; charset=UTF-8~n~n"),
    xml_write(current_output, element(teas, [], Teas), []).
