"""What of the configuration goes from one database to another, in the order in which it is brought in.

A further model is a further line of ``PORTABLES``. Only what is named here leaves or enters: no secrets, no ids,
nothing of customers. Records are known by the first of their keys that they have; what they refer to by the keys of its
own line, or by ``REFERENCES``. One list in one place is the simplest, as it is also the order of an import and the
whitelist of what a file may touch.
"""

# pylint: disable=prefer-env-translation

from dataclasses import dataclass, field

from odoo.fields import Domain
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

# an XML id counts as a key if it comes with one of these
MODULES = ("crm", "crm_lead_lifecycle")
# an import switches these on, never off: nothing is archived by it, and there is always a default
ONLY_ON = ("active", "is_default", "is_website_form")
# an import adds to these: a stage that is taken from its type would become one of every type
ONLY_MORE = ("stage_ids", "client_property_names")


@dataclass(frozen=True)
class Rows:
    """Rows of a record, known by some of their fields. An import adds and changes rows, it takes none away."""

    name: str
    keys: tuple
    fields: tuple


@dataclass(frozen=True)
class Portable:
    """A list of the file.

    :param str name: of the list in the file
    :param label: what people call it
    :param str model: whose records
    :param tuple keys: by which its records are known, the first that a record has: ``xml_id`` or fields
    :param tuple fields: which of its fields go along
    :param tuple rows: and which of its rows
    :param dict domains: which of the fields are conditions, and on what model
    :param only: which of its records go along
    :param bool is_made: whether an import makes records that are not there
    :param bool is_ordered: whether it makes a difference which of two with the same sequence is older
    """

    name: str
    label: object
    model: str
    keys: tuple
    fields: tuple = ()
    rows: tuple = ()
    domains: dict = field(default_factory=dict)
    only: Domain = Domain.TRUE
    is_made: bool = True
    is_ordered: bool = False


SETTINGS = "res.config.settings"
COMPANY = "res.company"
# the switch of the lead types is left out: it follows from how many there are
PORTABLES = (
    Portable("settings", _lt("Settings of the company"), SETTINGS, (),
             ("group_lead_location", "group_target_year", "group_client_viewer", "group_call_operator",
              "lead_number_template", "contract_number_template", "call_release_minutes", "call_take_back_minutes",
              "appointment_minutes", "appointment_alarm_ids", "call_discount_max", "assignment_working_hours",
              "lead_digest_active", "lead_digest_hour", "proposal_cancel_others", "lead_access_days",
              "lead_anonymise_days"), is_made=False),
    Portable("lost_reasons", _lt("Lost reasons"), "crm.lost.reason", ("xml_id", "name"), ("name", "active")),
    Portable("locations", _lt("Locations"), "crm.lead.location", ("name",), ("name", "sequence", "active")),
    # all others are made where they are named
    Portable("sources", _lt("Sources whose leads go to somebody"), "utm.source", ("name",), ("name", "lead_user_id"),
             only=Domain("lead_user_id", "!=", False)),
    Portable("removal_reasons", _lt("Removal reasons"), "crm.removal.reason", ("xml_id", "name"),
             ("name", "sequence", "active")),
    Portable("consent_purposes", _lt("Consent purposes"), "crm.consent.purpose", ("xml_id", "name"),
             ("name", "sequence", "active", "wording", "wording_version", "allows_calls")),
    Portable("message_channels", _lt("Message channels"), "crm.lead.channel", ("xml_id", "name"),
             ("name", "kind", "url", "icon", "sequence", "active", "purpose_id")),
    Portable("stages", _lt("Stages"), "crm.stage", ("xml_id", "preset_key", "name"),
             ("name", "sequence", "active", "stage_type", "color", "fold", "requirements", "rotting_threshold_days",
              "lost_reason_required", "team_ids")),
    Portable("lead_types", _lt("Lead types with moves, form and properties"), "crm.lead.type",
             ("xml_id", "preset_key", "name"),
             ("name", "description", "sequence", "active", "color", "is_default", "stage_ids", "initial_stage_id",
              "due_days", "next_type_id", "contact_required", "required_field_ids", "hidden_field_ids",
              "property_definition", "client_property_names", "plan_client_call", "succeeds_with_client",
              "abandon_hours", "abandon_clock", "number_template", "proposal_draft_stage_id", "proposal_ready_stage_id",
              "proposal_sent_stage_id", "order_confirmed_stage_id"),
             rows=(Rows("transition_ids", ("from_stage_id", "to_stage_id"),
                        ("from_stage_id", "to_stage_id", "group_ids")),)),
    # only now, as leads are abandoned in a stage of their type
    Portable("escalation_steps", _lt("Escalation steps of stages"), "crm.stage", ("xml_id", "preset_key", "name"),
             rows=(Rows("escalation_ids", ("days",), ("days", "action")),), is_made=False),
    Portable("answer_times", _lt("Answer times"), COMPANY, (),
             rows=(Rows("lead_sla_ids", ("lead_type_id", "source_id", "active"),
                        ("sequence", "active", "lead_type_id", "source_id", "minutes_within", "minutes_late",
                         "clock")),), is_made=False),
    Portable("call_outcomes", _lt("Call outcomes"), "crm.call.outcome", ("xml_id", "name"),
             ("name", "sequence", "active", "kind", "color", "is_quick", "is_contact", "recall_scope", "retry_minutes",
              "max_attempts", "when_exhausted", "exhausted_outcome_id", "stage_id", "lost_reason_id", "do_not_call",
              "agent_ids", "appointment_minutes")),
    Portable("intake_channels", _lt("Intake channels with their field maps, without secrets"), "crm.intake.channel",
             ("code",),
             ("name", "sequence", "active", "kind", "source_id", "medium_id", "campaign_id", "lead_type_id", "team_id",
              "lang_id", "country_id", "user_id", "repeat_hours", "again_days", "again", "rate", "keep_days",
              "allowed_origins", "thanks_url", "fill_seconds", "consent_purpose_id", "is_website_form",
              "graph_version"),
             rows=(Rows("mapping_ids", ("target", "property_name"),
                        ("sequence", "how", "path", "target", "property_name", "is_trimmed", "default",
                         "translations")),)),
    Portable("assignment_rules", _lt("Assignment rules"), "crm.assignment.rule", ("name",),
             ("name", "sequence", "active", "domain", "method", "team_id", "answer_minutes"),
             rows=(Rows("member_ids", ("user_id",), ("sequence", "user_id", "weight", "daily_max")),),
             domains={"domain": "crm.lead"}, is_ordered=True),
    Portable("notices", _lt("Notices"), "crm.notice", ("event",), ("to_salesperson", "to_leader", "user_ids"),
             is_made=False),
)  # fmt: skip

# how other records are called, the first that they have
REFERENCES = {
    "calendar.alarm": ("xml_id", "name"),
    "crm.tag": ("name",),
    "crm.team": ("name",),
    "ir.model.fields": ("name",),
    "res.company": ("name",),
    "res.country": ("code",),
    "res.country.state": ("xml_id", "name"),
    "res.groups": ("xml_id", "name"),
    "res.lang": ("code",),
    "res.users": ("login",),
    "utm.campaign": ("name",),
    "utm.medium": ("name",),
    "utm.source": ("name",),
}
