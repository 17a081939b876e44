"""Runs inside `odoo shell`: a channel without a field map, and one whose map looks into everything."""

import json

targets = [name for name, _label in env["crm.intake.mapping"]._selection_target() if name != "property"]  # noqa: F821
properties = ["char", "text", "integer", "float", "boolean", "date", "datetime", "selection"]
lead_type = env["crm.lead.type"].create(  # noqa: F821
    {
        "name": "Fuzzed",
        "property_definition": [
            {
                "name": f"of_{kind}",
                "string": kind,
                "type": kind,
                **({"selection": [["a", "First"], ["b", "Second"]]} if kind == "selection" else {}),
            }
            for kind in properties
        ],
    }
)
rows = [{"path": f"lead.{name}", "target": name} for name in targets]
rows += [{"path": f"list[{i}]", "target": "property", "property_name": kind} for i, kind in enumerate(properties)]
rows += [{"path": "deep.a[0].b", "target": "request", "translations": "yes = Please call\nno = Do not call"}]
channels = env["crm.intake.channel"].create(  # noqa: F821
    [
        {"name": "Plain", "code": "plain"},
        {
            "name": "Mapped",
            "code": "mapped",
            "lead_type_id": lead_type.id,
            "again_days": 30,
            "mapping_ids": [(0, 0, {"sequence": number, **row}) for number, row in enumerate(rows)],
        },
    ]
)
for channel in channels:
    channel.source_id = env["utm.source"].create({"name": f"Fuzz {channel.code}"})  # noqa: F821
print("CHANNELS " + json.dumps([{"code": channel.code, "secret": channel._new_secret()} for channel in channels]))
env.cr.commit()  # noqa: F821
