"""The explorer in the terminal, drawn by textual. It decides nothing: see `listing`."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from ci_slim.explore.listing import (
    TITLES,
    VIEWS,
    Choice,
    Line,
    Listing,
    cells,
    details,
    headline,
    name_of,
)
from ci_slim.explore.tree import GROUPS, ORDERS, Explored
from ci_slim.report.foreign import escaped

_CELL = 9
"""The width of a column of numbers."""
_PAUSE = 0.2
"""Seconds after the last key before the filter applies."""


class FileList(ScrollView, can_focus=True):
    """The list of folders and files. Only the lines on the screen are drawn."""

    class Chosen(Message):
        """Another line is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "jump(0)", "First", show=False),
        Binding("end", "jump(-1)", "Last", show=False),
        Binding("enter,space", "unfold", "Open", show=False),
        Binding("right,l", "open", "Open", show=False),
        Binding("left,h", "close", "Close", show=False),
    ]

    def __init__(self, explored: Explored, listing: Listing) -> None:
        super().__init__()
        self.explored, self.listing = explored, listing
        self.lines: list[Line] = []
        self.cursor = 0
        self.show(explored, listing)

    @property
    def line(self) -> Line | None:
        """The chosen line."""
        return self.lines[self.cursor] if self.lines else None

    def show(self, explored: Explored, listing: Listing, at: int = 0) -> None:
        """Show a list, with the line of this number chosen."""
        self.explored, self.listing = explored, listing
        self.lines = listing.lines()
        self.virtual_size = Size(1, len(self.lines))
        self._choose(at)

    def action_move(self, by: int) -> None:
        self._choose(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._choose(self.cursor + by * max(self.size.height - 1, 1))

    def action_jump(self, to: int) -> None:
        self._choose(to % max(len(self.lines), 1))

    def action_unfold(self) -> None:
        row = self.line.row if self.line else None
        if row is not None and row.file is None:
            self.show(self.explored, self.listing.toggled(row.key), self.cursor)

    def action_open(self) -> None:
        if self.line and not self.line.open:
            self.action_unfold()

    def action_close(self) -> None:
        if self.line and self.line.open:
            self.action_unfold()
        elif self.line:
            depth = self.line.depth
            above = range(self.cursor - 1, -1, -1)
            self._choose(next((n for n in above if self.lines[n].depth < depth), self.cursor))

    def _choose(self, number: int) -> None:
        self.cursor = max(0, min(number, len(self.lines) - 1))
        if self.is_mounted:
            self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
            self.refresh()
            self.post_message(self.Chosen())

    def on_click(self, event: object) -> None:
        """Choose the line under the mouse; a second click opens it."""
        number = int(getattr(event, "y", 0)) + round(self.scroll_offset.y)
        if number == self.cursor:
            self.action_unfold()
        elif number < len(self.lines):
            self._choose(number)

    def render_line(self, y: int) -> Strip:
        number, width = y + round(self.scroll_offset.y), self.size.width
        if number >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        line = self.lines[number]
        both = self.explored.both
        whole = self.listing.tree.row().fat
        found = cells(line.row, both, whole) if line.row else ("",) * len(TITLES[both])
        text = "".join(each.rjust(_CELL) for each in found) + "  " + "  " * min(line.depth, 20)
        style = self.rich_style + self._style(line, number == self.cursor)
        return Strip([Segment(text + name_of(line), style)]).adjust_cell_length(width, style)

    def _style(self, line: Line, chosen: bool) -> Style:
        gone = self.explored.both and line.row is not None and not line.row.kept
        folder = line.row is not None and line.row.file is None
        return Style(reverse=chosen, dim=gone and not chosen, bold=folder)


class Explorer(App[int]):
    """The explorer of one or several images."""

    CSS = """
    #name, #head, #titles, #why { height: 1; padding: 0 1 }
    #head { text-style: bold }
    #titles { text-style: underline; padding: 0 }
    #name, #head, #titles { text-wrap: nowrap; text-overflow: ellipsis }
    #why { height: 5 }
    #filter { height: 1; border: none; padding: 0 1; display: none }
    #filter.shown { display: block }
    FileList { height: 1fr; overflow-x: hidden }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "clear", "Clear", show=False),
        Binding("g", "next('group')", "Group"),
        Binding("o", "next('order')", "Order"),
        Binding("v", "next('view')", "Kept/gone"),
        Binding("n", "image", "Next image"),
    ]
    ENABLE_COMMAND_PALETTE = False
    TITLE = "ci-slim explore"

    def __init__(self, images: Sequence[Explored]) -> None:
        super().__init__(ansi_color=True)
        self._images, self._number = images, 0
        self._choice = Choice()
        self._waiting: Timer | None = None
        self._list = FileList(images[0], Listing.of(images[0], self._choice))

    @property
    def _explored(self) -> Explored:
        return self._images[self._number]

    def compose(self) -> ComposeResult:
        yield Static(id="name", markup=False)
        yield Static(id="head", markup=False)
        yield Static(id="titles", markup=False)
        yield self._list
        yield Static(id="why", markup=False)
        yield Input(placeholder="part of a path; Enter: back to the list, Esc: clear", id="filter")
        yield Footer()

    def on_mount(self) -> None:
        self._list.focus()
        self._tell()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide keys that do nothing here."""
        if action == "image":
            return len(self._images) > 1
        return self._explored.both if parameters == ("view",) else True

    def action_next(self, name: str) -> None:
        """Take the next group, order or view."""
        known = list({"group": GROUPS, "order": ORDERS, "view": VIEWS}[name])
        if name == "order" and not self._explored.both:
            known.remove("change")
        now = known.index(getattr(self._choice, name))
        self._choose(**{name: known[(now + 1) % len(known)]})

    def action_image(self) -> None:
        """Show the next image or platform."""
        self._number = (self._number + 1) % len(self._images)
        self._choose(view="all", order="size")
        self.refresh_bindings()

    def action_filter(self) -> None:
        """Show the field for the filter."""
        field = self.query_one("#filter", Input)
        field.add_class("shown")
        field.focus()

    def action_clear(self) -> None:
        """Remove the filter."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("shown")
        self._list.focus()
        self._choose(text="")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Apply the filter when no key comes for a while: a large image takes some time."""
        if self._waiting is not None:
            self._waiting.stop()
        text = event.value
        self._waiting = self.set_timer(_PAUSE, lambda: self._choose(text=text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Apply the filter and go back to the list."""
        self._list.focus()
        self._choose(text=event.value)

    def on_file_list_chosen(self) -> None:
        """Show the details of the chosen line."""
        self._tell()

    def _choose(self, **changes: str) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        values = {name: getattr(self._choice, name) for name in Choice.__slots__} | changes
        self._choice = Choice(**values)
        self._list.show(self._explored, Listing.of(self._explored, self._choice))
        self._tell()

    def _tell(self) -> None:
        shown, line = self._explored, self._list.line
        which = f"  ({self._number + 1} of {len(self._images)})" if len(self._images) > 1 else ""
        name = f"{escaped(shown.name, 200)}  {escaped(shown.platform, 40)}{which}"
        whole = self._list.listing.tree.row()
        titles = "".join(each.rjust(_CELL) for each in TITLES[shown.both]) + "  name"
        why = details(line, shown) if line is not None else ("No file is left.",)
        for field, text in (
            ("#name", name),
            ("#head", headline(shown, self._choice, whole)),
            ("#titles", titles),
            ("#why", "\n".join(why)),
        ):
            self.query_one(field, Static).update(Text(text))
