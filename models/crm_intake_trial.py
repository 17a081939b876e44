import hashlib
import json
from email import message_from_string, policy

from odoo import api, models

from .crm_intake_channel import IntakeError
from .crm_intake_mapping import TARGETS
from .own_transaction import undone_transaction

# an object, not a flag: no client can send it in a context
TRIAL = object()
# of the lead of a trial, so that none of the counter is used up
NUMBER = "(trial)"
SHOWN = (*TARGETS, "team_id", "company_id")
LONGEST_SHOWN = 500


class CrmIntakeChannel(models.Model):
    """What a sample would become, found out by doing it and undoing it."""

    _inherit = "crm.intake.channel"

    def _try(self, payload):
        """Nothing of it stays: no request, no lead, no number, and nobody is told.

        :param str payload: as it would come
        :return: dict: the ``verdict`` (``lead``, ``message``, ``quarantined``, ``repeat`` or ``refused``), its
            ``note``, what is ``missing``, the ``remarks``, the ``salesperson``, and ``lines``, a dict for each field of
            the lead
        """
        self.ensure_one()
        self.check_access("read")
        with undone_transaction(self._at_work().with_context(lead_trial=TRIAL)) as channel:
            return channel._try_and_tell(payload, self.env.lang)

    def _try_and_tell(self, payload, lang):
        requests, speaking = self.env["crm.intake.request"], self.with_context(lang=lang)
        try:
            external_id, fingerprint = self._identify_sample(payload)
        except IntakeError as error:
            return {"verdict": "refused", "note": str(error)}
        original = requests._find_original(self, external_id, fingerprint)
        intake = requests.create({"channel_id": self.id, "payload": payload})
        intake._process()
        reason = intake.state == "quarantined" and intake.error
        if reason:  # the lead that it would be once somebody releases it
            intake._process(is_released=True)
        result = {"remarks": intake.remarks}
        if intake.state == "failed":
            return {**result, "verdict": "refused", "note": intake.error}
        lead = intake.lead_id
        is_new = lead.number == NUMBER
        result |= speaking._describe_trial(lead, intake, is_new)
        if original and original._compare(fingerprint) == "same":
            return {**result, "verdict": "repeat", "note": speaking._tell_original(original)}
        if reason:
            return {**result, "verdict": "quarantined", "note": reason}
        if not is_new:
            note = speaking.env._("It belongs to the lead %(number)s.", number=lead.number)
            return {**result, "verdict": "message", "note": note}
        earlier = lead.again_lead_id
        note = earlier and speaking.env._("It is linked to the earlier lead %(number)s.", number=earlier.number)
        return {**result, "verdict": "lead", "note": note or ""}

    def _identify_sample(self, payload):
        """By what a repeat of this sample would be known.

        :return: the sender's number or None, and the fingerprint
        """
        text, number = payload, None
        if self.kind == "json":
            number = self._get_external_id(payload.encode(errors="replace"))
        elif self.kind == "form":
            form = self._read_form(self.env["crm.intake.request"].new({"payload": payload}))
            text = json.dumps(form, ensure_ascii=False, indent=2)
        elif self.kind == "mail":
            number = str(message_from_string(payload, policy=policy.SMTP).get("Message-Id") or "").strip() or None
        return number, number if self.kind == "mail" and number else _get_fingerprint(text)

    def _tell_original(self, original):
        if original.lead_id:
            return self.env._("It came before and is the lead %(number)s.", number=original.lead_id.number)
        return self.env._("It came before and waits in the list of requests.")

    def _describe_trial(self, lead, intake, is_new):
        """
        :return: dict: what is ``missing``, the ``salesperson``, and ``lines``
        """
        sent, _remarks = self._understand(self._read(intake), is_strict=False)
        lead = lead.with_env(self.env)
        missing = lead._map_missing()[lead] if is_new else ()
        lines = [
            {"label": label, "value": value[:LONGEST_SHOWN], "is_sent": name in sent}
            for name, label, value in self._read_lead(lead)
            if is_new
        ]
        return {
            "lines": lines,
            "missing": ", ".join(map(lead._get_missing_label, missing)),
            "salesperson": lead.user_id.name or self.env._("Nobody yet"),
        }

    @api.model
    def _read_lead(self, lead):
        """Yield the name, the label and the value of each field of a lead that has one."""
        for name in SHOWN:
            field = lead._fields[name]
            if lead[name]:
                yield name, field._description_string(self.env), str(field.convert_to_export(lead[name], lead))
        for row in lead.read(["type_properties"])[0]["type_properties"]:
            if row.get("value"):
                labels = dict(row.get("selection") or ())
                yield "type_properties", row["string"], str(labels.get(row["value"], row["value"]))


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _draw_numbers(self, company, sequence, count):
        """A counter does not turn back: a trial draws no number."""
        if self.env.context.get("lead_trial") is TRIAL:
            return [NUMBER] * count
        return super()._draw_numbers(company, sequence, count)


def _get_fingerprint(text):
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
