# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the JSON Schema of the output says of events and fields, for the tables of output.md and the manual page."""
import json
import os
import re

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../schema/netnsleak-1.schema.json")


def load():
    with open(SCHEMA, encoding="utf-8") as file:
        return json.load(file)


def kind(schema, field):
    if "$ref" in field:
        return {"u64": "digits", "ip": "address", "time": "time"}[field["$ref"].rsplit("/", 1)[1]]
    if "const" in field:
        return "`%s`" % json.dumps(field["const"])
    if "enum" in field:
        return "integer" if isinstance(field["enum"][0], int) else "string"
    return field["type"]


def events_of(schema):
    """Event name, what it means, the fields it may have, those it must have."""
    for rule in schema["allOf"]:
        name = rule["if"]["properties"]["event_name"]["const"]
        names = set()
        for group in rule["then"]["propertyNames"]["anyOf"]:
            names.update(schema["$defs"][group["$ref"].rsplit("/", 1)[1]]["enum"])
        yield name, rule["then"]["description"], names, set(rule["then"]["required"])


def quoted(names):
    """`netns.address_added` and `netns.address_removed` are `netns.address_*`."""
    stems = []
    for name in names:
        stem = re.sub("_(added|removed)$", "_*", name)
        if stem not in stems:
            stems.append(stem)
    return ", ".join("`%s`" % stem for stem in stems)


def short(names, every):
    """A list of events, by what it leaves out where that is shorter."""
    netns = [name for name in every if name.startswith("netns.")]
    rest = [name for name in names if name not in netns]
    missing = [name for name in netns if name not in names]
    if names == every:
        return "all"
    if len(missing) > len(netns) // 2:
        return quoted(names)
    but = " but " + quoted(missing) if missing else ""
    return "`netns.*`" + but + ("; " + quoted(rest) if rest else "")
