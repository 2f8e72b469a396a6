import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, callback, dcc, html

from kiln import programs
from kiln.plc import Controller

dash.register_page(__name__, path="/", name="Overview", title="Kiln")

layout = dbc.Container([
    html.H1("Kiln"),
    dbc.Card(dbc.CardBody(html.H2(id="now", className="hot"))),
    dcc.Interval(id="tick", interval=2000),
    dcc.Dropdown(id="program", options=[{"label": p.name, "value": k} for k, p in programs.load().items()], value="bisque"),
    dcc.Graph(id="curve"),
])


@callback(Output("now", "children"), Input("tick", "n_intervals"))
def now(_ticks):
    with Controller() as controller:
        reading = controller.read()
    return f"{reading['celsius']:.1f} °C, power {reading['power']} %"


@callback(Output("curve", "figure"), Input("program", "value"))
def curve(key):
    import plotly.graph_objects as go

    program = programs.load()[key]
    hours, degrees = zip(*program.curve())
    figure = go.Figure(go.Scatter(x=hours, y=degrees, name=program.name))
    figure.update_layout(title=f"{program.name}, {program.peak} °C", template="simple_white")
    return figure
