"""Parses rendered markup in tests: a page's elements, and a comparison of two pieces of markup.
No tests are here."""

from html.parser import HTMLParser

VOID = {"input", "img", "br", "meta", "link", "hr", "path"}


class Element(dict):
    """An element's attributes; also `tag`, its parent and its text."""

    def __init__(self, tag: str, attrs: list, parent: "Element | None"):
        super().__init__({name: value if value is not None else "" for name, value in attrs})
        self.tag, self.parent, self.children = tag, parent, []

    @property
    def text(self) -> str:
        return " ".join(self.raw.split())

    @property
    def raw(self) -> str:
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    def shape(self, drop: frozenset = frozenset()) -> list:
        """Tags, attributes and text for comparison, ignoring the order of attributes and classes."""
        inside = []
        for child in self.children:
            if isinstance(child, str):
                if child.strip():
                    inside.append(" ".join(child.split()))
            else:
                inside.append(child.shape(drop))
        attrs = {name: value for name, value in self.items() if name not in drop}
        if "class" in attrs:
            attrs["class"] = frozenset(attrs["class"].split()) - drop
        return [self.tag, attrs, inside]


class Page(HTMLParser):
    """A parsed page or a piece of one."""

    def __init__(self, html: str):
        super().__init__()
        self.root = self.here = Element("root", [], None)
        self.elements: list[Element] = []
        self.feed(html)
        self.close()
        assert self.here is self.root, f"<{self.here.tag}> is not closed"

    def handle_starttag(self, tag, attrs):
        element = Element(tag, attrs, self.here)
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute of <{tag}> comes twice: {names}"
        self.here.children.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self.here = element

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}>"
        self.here = self.here.parent

    def handle_data(self, data):
        self.here.children.append(data)

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]

    def by_id(self, wanted: str) -> Element:
        (found,) = [element for element in self.elements if element.get("id") == wanted]
        return found

    def text_of(self, wanted: str) -> str:
        return self.by_id(wanted).text

    def inside(self, wanted: str) -> str:
        return self.by_id(wanted).raw.removeprefix("\n")

    def label_of(self, wanted: str) -> str:
        (label,) = [element for element in self.all("label") if element.get("for") == wanted]
        return label.text

    def value_of(self, name: str) -> str:
        (control,) = [element for element in self.all("input") if element.get("name") == name]
        return control["value"]

    def shape(self, drop: frozenset = frozenset()) -> list:
        return self.root.shape(drop)[2]
