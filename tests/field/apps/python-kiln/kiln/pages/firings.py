import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dash_table, dcc, html
from dash.exceptions import PreventUpdate

from kiln import exports, programs, store

dash.register_page(__name__, path="/firings", title="Firings")

layout = dbc.Container([
    html.H1("Firings"),
    dcc.Markdown("Times are **local**. Unload below `60 °C`."),
    dbc.Input(id="at", type="datetime-local"),
    dcc.Dropdown(id="which", options=list(programs.load())),
    dbc.Button("Plan", id="plan"),
    dash_table.DataTable(id="table", columns=[{"name": n, "id": n} for n in ("id", "program", "at", "note")]),
    dbc.Button("Workbook", id="book"),
    dcc.Download(id="workbook"),
])


@callback(
    Output("table", "data"),
    Input("plan", "n_clicks"),
    State("which", "value"),
    State("at", "value"),
)
def plan(clicks, which, at):
    if clicks:
        if not which or not at:
            raise PreventUpdate
        store.add(which, at)
    return store.firings()


@callback(Output("workbook", "data"), Input("book", "n_clicks"), prevent_initial_call=True)
def workbook(_clicks):
    return dcc.send_bytes(exports.sheet(store.firings()), "firings.xlsx")
