:- use_module(library(http/http_unix_daemon)).
:- use_module(library(http/thread_httpd)).
:- use_module(library(http/http_dispatch)).
:- use_module(library(http/http_parameters)).
:- use_module(library(http/http_json)).
:- use_module(library(http/http_error)).
:- use_module(library(http/html_write)).
:- use_module(library(http/http_files)).
:- use_module(library(settings)).

:- setting(currency, atom, 'EUR', "The currency of the prices").
:- consult(data/teas).

:- initialization(http_daemon, main).

:- http_handler(root(.), index, []).
:- http_handler(root(tea), tea_page, []).
:- http_handler(root(export), export, []).
:- http_handler(root(ask), ask, [method(post)]).
:- http_handler(root(solve), solve, []).
:- http_handler(root(parse), parse, []).
:- http_handler(root(dates), dates, []).
:- http_handler(root(fails), fails, []).
:- http_handler(root('web/'), http_reply_from_files(web, []), [prefix]).

index(_) :-
    setting(currency, Currency),
    findall(li([Name, ': ', Price, ' ', Currency]), tea(Name, _, Price, _), Items),
    reply_html_page(title('Teas'), [h1('Teas'), ul(Items)]).

tea_page(Request) :-
    http_parameters(Request, [name(Name, [oneof([assam, sencha, rooibos])])]),
    tea(Name, Country, _, Minutes),
    format(string(Line), "~w from ~w: ~d minutes~n", [Name, Country, Minutes]),
    format("Content-type: text/plain; charset=UTF-8~n~n~s", [Line]).

% A format is a module of its own, loaded when it is first asked for.
export(Request) :-
    http_parameters(Request, [as(Format, [default(json)])]),
    (   atomic_list_concat(['formats/tea_', Format], File), atom_concat(tea_, Format, Module),
        exists_source(File)
    ->  use_module(File, []),
        findall(row(Name, Country, Price, Minutes), tea(Name, Country, Price, Minutes), Rows),
        Module:reply(Rows)
    ;   http_404([], Request)
    ).

% A goal in the sandbox, answered as JSON.
ask(Request) :-
    http_read_json_dict(Request, Asked),
    term_string(Goal, Asked.goal, [variable_names(Names)]),
    use_module(library(sandbox)),
    call(sandbox:safe_goal(user:Goal)),
    findall(Found, (call(user:Goal), maplist([N=V, N-V]>>true, Names, Found)), All),
    maplist([Pairs, Dict]>>dict_pairs(Dict, answer, Pairs), All, Answers),
    reply_json_dict(_{answers: Answers}).

% Three tins whose prices add up, by constraints.
solve(Request) :-
    http_parameters(Request, [total(Total, [integer])]),
    use_module(tins),
    (   tins:tins(Total, Tins)
    ->  reply_json_dict(_{tins: Tins})
    ;   throw(http_reply(unavailable(p('No such tins'))))
    ).

parse(Request) :-
    http_parameters(Request, [text(Text, [])]),
    use_module(library(dcg/basics)),
    string_codes(Text, Codes),
    (   phrase((dcg_basics:integer(Cups), dcg_basics:blanks, "cups of ", dcg_basics:string_without(`,`, Rest)), Codes)
    ->  atom_codes(Tea, Rest),
        reply_json_dict(_{cups: Cups, tea: Tea})
    ;   throw(http_reply(bad_request(syntax_error(order))))
    ).

dates(Request) :-
    http_parameters(Request, [date(Date, [])]),
    parse_time(Date, iso_8601, Stamp),
    format_time(string(Text), "%A, %d %B %Y", Stamp),
    reply_json_dict(_{date: Text}).

fails(_) :-
    atom_length(_, _).
