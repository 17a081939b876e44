from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .crm_lead_touch import FIRSTS

# moments that Odoo and we stamp on a lead itself
MOMENTS = ("date_open", "date_last_stage_update", "date_client", "date_closed", *FIRSTS.values())


class CrmLead(models.Model):
    """Leads that were worked on before they were written down here."""

    _inherit = "crm.lead"

    @api.model
    def _record_past(self, pasts, acts):
        """Write down when leads came in and what was done with them, as it was.

        Each act is done now by who did it, with all that follows from it, and is then dated back; how long leads stayed
        where is read from the log.

        :param pasts: tuples of the id of a lead or the values of a new one, when it came in (naive UTC), the id of the
            user who worked on it, and what they did in its order: pairs of how many hours after it came in, and of a
            key of ``acts``
        :param dict acts: tuples of the name of a method of crm.lead and its arguments
        :return: the leads
        """
        leads = self.with_context(tracking_disable=True)
        leads = leads.concat(*(leads._record_one_past(*past, acts) for past in pasts))
        self.env["crm.lead.stay"]._rebuild(leads)
        return leads.with_env(self.env)

    def _record_one_past(self, lead, date, user_id, done, acts):
        lead = self.browse(lead) if isinstance(lead, int) else self.create(lead)
        lead._date_back(date, lead.event_ids, {"create_date", *(name for name in MOMENTS if lead[name])})
        # until when it is to be answered follows from when it came in
        self.env.add_to_compute(self._fields["sla_id"], lead)
        for hours, act in done:
            events, moments = lead.event_ids, {name: lead[name] for name in MOMENTS}
            name, *arguments = acts[act]
            getattr(lead.with_user(user_id), name)(*arguments)
            changed = {name for name in MOMENTS if lead[name] and lead[name] != moments[name]}
            lead._date_back(date + timedelta(hours=hours), lead.event_ids - events, changed)
        return lead

    def _date_back(self, date, events, names):
        """
        :param events: of this lead, that happened then
        :param names: of its fields that say when something happened, and that did then
        """
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE crm_lead_event SET date = %s WHERE id = ANY(%s)", date, events.ids))
        if names:
            columns = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), date) for name in sorted(names))
            self.env.cr.execute(SQL("UPDATE crm_lead SET %s WHERE id = %s", columns, self.id))
        events.invalidate_recordset(["date"], flush=False)
        self.invalidate_recordset(flush=False)
        self.modified(names)
