"""The five presets of lead types, as data. ``crm.lead.type`` loads them (see models/crm_lead_type_preset.py).

Each preset has stages in their order, of which the first open one is the initial one unless another is named. A
stage has a key that is its own in all presets, a name, its type, the days after which it expires (0: never) and a
text that says what belongs into it. ``moves`` says which stages may follow a stage for everybody, ``manager_moves``
which only for sales managers, ``order_stages`` where proposals and orders take a lead. Field
names that have no place in the form are left out when a preset is loaded.
"""

# pylint: disable=prefer-env-translation
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


def _stage(key, name, stage_type, requirements, expires=0, **values):
    return {
        "key": key,
        "name": name,
        "stage_type": stage_type,
        "requirements": requirements,
        "rotting_threshold_days": expires,
        **values,
    }


def _property(name, kind, label, **values):
    return {"name": name, "type": kind, "string": label, **values}


# Hotels and campings: proposals until one is booked
BOOKING = {
    "name": _lt("Booking request"),
    "description": _lt(
        "For hotels and campings. Somebody asks for a stay, you prepare one or more proposals, send them, and the "
        "request ends booked or not."
    ),
    "due_days": 2,
    "contact_required": False,
    "required": ["user_id"],
    "hidden": ["date_deadline", "function", "referred", "website"],
    "features": ["group_target_year", "group_lead_location"],
    "properties": [
        _property("arrival", "date", _lt("Arrival")),
        _property("departure", "date", _lt("Departure")),
        _property("adults", "integer", _lt("Adults")),
        _property("children", "integer", _lt("Children")),
        _property("pets", "boolean", _lt("Pets")),
    ],
    "stages": [
        _stage("booking_new", _lt("Proposal initialised"), "open", _lt("Came in, nobody works on it yet."), 1),
        _stage("booking_preparing", _lt("Proposal in preparation"), "open", _lt("Proposals are being prepared."), 2),
        _stage("booking_ready", _lt("Proposal to be sent"), "open", _lt("Proposals are ready, to be sent later."), 1),
        _stage("booking_sent", _lt("Proposal sent"), "open", _lt("The customer has the proposals."), 7),
        _stage("booking_booked", _lt("Concluded (booked)"), "qualified", _lt("A proposal became a booking.")),
        _stage("booking_not_booked", _lt("Concluded (no booking)"), "not_interested", _lt("Nothing came of it.")),
    ],
    "moves": {
        "booking_new": ["booking_preparing", "booking_ready", "booking_sent", "booking_booked", "booking_not_booked"],
        "booking_preparing": ["booking_ready", "booking_sent", "booking_booked", "booking_not_booked"],
        "booking_ready": ["booking_preparing", "booking_sent", "booking_booked", "booking_not_booked"],
        "booking_sent": ["booking_preparing", "booking_ready", "booking_booked", "booking_not_booked"],
        "booking_not_booked": ["booking_preparing", "booking_sent"],
    },
    "manager_moves": {"booking_booked": ["booking_preparing", "booking_not_booked"]},
    "order_stages": {
        "proposal_draft_stage_id": "booking_preparing",
        "proposal_ready_stage_id": "booking_ready",
        "proposal_sent_stage_id": "booking_sent",
        "order_confirmed_stage_id": "booking_booked",
    },
}

# Property developers: inquiries of portals until a contract
PROPERTY = {
    "name": _lt("Property inquiry"),
    "description": _lt(
        "For property developers. An inquiry comes from a portal or the web site, is matched to a client, and "
        "leads to a viewing, a reservation and a contract."
    ),
    "due_days": 1,
    "contact_required": True,
    "required": ["source_id"],
    "hidden": ["function", "proposal_deadline", "target_year", "website"],
    "properties": [
        _property("project", "char", _lt("Project")),
        _property("rooms", "integer", _lt("Rooms")),
        _property("area", "float", _lt("Area (m²)")),
        _property("budget", "float", _lt("Budget")),
        _property("mortgage", "boolean", _lt("Needs a mortgage")),
    ],
    "stages": [
        _stage("property_new", _lt("New inquiry"), "open", _lt("Came in, nobody has called yet."), 1),
        _stage("property_contact", _lt("In contact"), "open", _lt("You talk about what they look for."), 5),
        _stage("property_viewing", _lt("Viewing arranged"), "open", _lt("A viewing or a meeting has a date."), 14),
        _stage("property_reserved", _lt("Verbal reservation"), "open", _lt("A flat is held for them."), 14),
        _stage("property_contract", _lt("Contract signed"), "qualified", _lt("The contract is signed.")),
        _stage(
            "property_lost",
            _lt("Client withdrew"),
            "not_interested",
            _lt("They do not buy from us. Say why."),
            lost_reason_required=True,
        ),
        _stage("property_silent", _lt("No answer"), "abandoned", _lt("Several attempts, nobody answers.")),
    ],
    "moves": {
        "property_new": ["property_contact", "property_viewing", "property_lost", "property_silent"],
        "property_contact": ["property_viewing", "property_reserved", "property_lost", "property_silent"],
        "property_viewing": ["property_contact", "property_reserved", "property_contract", "property_lost"],
        "property_reserved": ["property_viewing", "property_contract", "property_lost"],
        "property_lost": ["property_contact"],
        "property_silent": ["property_contact"],
    },
    "manager_moves": {"property_contract": ["property_reserved", "property_lost"]},
}

# Call centres: a list of people to call
TELESALES = {
    "name": _lt("Telesales contact"),
    "description": _lt(
        "For call centres. A list of people is called one after the other: call back, appointment, closed on the "
        "line or negative."
    ),
    "due_days": 7,
    "contact_required": False,
    "required": ["phone"],
    "hidden": ["date_deadline", "proposal_deadline", "referred", "target_year", "website"],
    "properties": [
        _property("best_time", "char", _lt("Best time to call")),
        _property("supplier", "char", _lt("Present supplier")),
        _property("contract_end", "date", _lt("Contract ends")),
    ],
    "stages": [
        _stage("telesales_to_call", _lt("To call"), "open", _lt("Not reached yet.")),
        _stage("telesales_call_back", _lt("Call back"), "open", _lt("Wants to be called again."), 7),
        _stage("telesales_appointment", _lt("Appointment"), "open", _lt("An agent has an appointment."), 14),
        _stage("telesales_closed", _lt("Closed on the line"), "qualified", _lt("Sold in the call.")),
        _stage("telesales_negative", _lt("Negative"), "not_interested", _lt("Said no.")),
        _stage("telesales_unreachable", _lt("Unreachable"), "abandoned", _lt("All attempts are used up.")),
    ],
    "moves": {
        "telesales_to_call": [
            "telesales_call_back",
            "telesales_appointment",
            "telesales_closed",
            "telesales_negative",
            "telesales_unreachable",
        ],
        "telesales_call_back": [
            "telesales_appointment",
            "telesales_closed",
            "telesales_negative",
            "telesales_unreachable",
        ],
        "telesales_appointment": ["telesales_call_back", "telesales_closed", "telesales_negative"],
        "telesales_unreachable": ["telesales_to_call"],
    },
    "manager_moves": {"telesales_negative": ["telesales_call_back"], "telesales_closed": ["telesales_negative"]},
}

# Acquisition: a prospect is qualified before it becomes a customer
PROSPECT = {
    "name": _lt("Prospect"),
    "description": _lt(
        "For acquisition. An unqualified contact is worked until it is clear whether something can come of it. A "
        "qualified prospect can go on as a lead of another type."
    ),
    "due_days": 0,
    "contact_required": False,
    "required": [],
    "hidden": ["date_deadline", "proposal_deadline", "target_year"],
    "properties": [
        _property("need", "char", _lt("Need")),
        _property("decision_maker", "char", _lt("Who decides")),
        _property("decision_date", "date", _lt("Decision by")),
    ],
    "initial": "prospect_open",
    "stages": [
        _stage("prospect_frozen", _lt("Frozen"), "frozen", _lt("Paused: neither expires nor goes overdue.")),
        _stage("prospect_open", _lt("Open"), "open", _lt("Just in."), 2),
        _stage("prospect_to_contact", _lt("To be contacted"), "open", _lt("Taken in charge, not yet worked."), 5),
        _stage("prospect_working", _lt("In work"), "open", _lt("Contacts or talks are going on."), 15),
        _stage(
            "prospect_qualified", _lt("Qualified prospect"), "qualified", _lt("Worked to the end, to be converted.")
        ),
        _stage("prospect_cancelled", _lt("Cancelled"), "not_interested", _lt("Not interested. Say why if you know.")),
        _stage("prospect_abandoned", _lt("Abandoned"), "abandoned", _lt("Nobody took it in charge in time.")),
    ],
    "moves": {
        "prospect_frozen": ["prospect_open", "prospect_to_contact", "prospect_working", "prospect_cancelled"],
        "prospect_open": [
            "prospect_frozen",
            "prospect_to_contact",
            "prospect_working",
            "prospect_qualified",
            "prospect_cancelled",
            "prospect_abandoned",
        ],
        "prospect_to_contact": [
            "prospect_frozen",
            "prospect_working",
            "prospect_qualified",
            "prospect_cancelled",
            "prospect_abandoned",
        ],
        "prospect_working": ["prospect_frozen", "prospect_to_contact", "prospect_qualified", "prospect_cancelled"],
        "prospect_cancelled": ["prospect_open", "prospect_working"],
        "prospect_abandoned": ["prospect_open", "prospect_to_contact"],
    },
    "manager_moves": {"prospect_qualified": ["prospect_working"]},
}

# Repair and service desks: New > In work > won or lost, and none out of those
SERVICE = {
    "name": _lt("Service lead"),
    "description": _lt(
        "For repair and service desks. Somebody needs something done: you take it into work, and it ends as a "
        "service order, a sale, or lost."
    ),
    "due_days": 3,
    "contact_required": False,
    "required": [],
    "hidden": ["date_deadline", "proposal_deadline", "referred", "target_year", "website"],
    "properties": [
        _property("device", "char", _lt("Device")),
        _property("serial_number", "char", _lt("Serial number")),
        _property("fault", "text", _lt("Fault")),
        _property("warranty", "boolean", _lt("Under warranty")),
    ],
    "stages": [
        _stage("service_new", _lt("New lead"), "open", _lt("Came in, nobody has answered yet."), 1),
        _stage("service_working", _lt("In progress"), "open", _lt("You talk with the customer."), 5),
        _stage("service_order", _lt("Successful service order"), "qualified", _lt("Became a service order.")),
        _stage("service_sale", _lt("Successful sale"), "qualified", _lt("Became a sale.")),
        _stage("service_expensive", _lt("Too expensive"), "not_interested", _lt("The price was too high.")),
        _stage(
            "service_canceled", _lt("Canceled by the customer"), "not_interested", _lt("The customer needs it no more.")
        ),
        _stage("service_mishandled", _lt("Mishandled"), "not_interested", _lt("We lost it by our own mistake.")),
    ],
    "moves": {
        "service_new": ["service_working"],
        "service_working": [
            "service_order",
            "service_sale",
            "service_expensive",
            "service_canceled",
            "service_mishandled",
        ],
    },
    "manager_moves": {},
    "order_stages": {"order_confirmed_stage_id": "service_order"},
}

PRESETS = {
    "booking": BOOKING,
    "property": PROPERTY,
    "telesales": TELESALES,
    "prospect": PROSPECT,
    "service": SERVICE,
}
