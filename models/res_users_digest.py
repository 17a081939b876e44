from odoo import api, fields, models
from odoo.tools import SQL, get_lang, hash_sign, verify_hash_signed

SCOPE = "crm_lead_lifecycle.digest"
# who sees the leads of others
OVERVIEW = ("sales_team.group_sale_salesman_all_leads", "crm_lead_lifecycle.group_call_coordinator")


class ResUsers(models.Model):
    """Who gets the morning digest, and the link by which they stop it."""

    _inherit = "res.users"

    lead_digest = fields.Boolean(
        "Morning Digest of Leads",
        default=True,
        help="One e-mail a day about leads that wait for too long: the own ones, and those of the team for its leader.",
    )
    lead_digest_date = fields.Date(
        "Day of the Last Morning Digest",
        readonly=True,
        copy=False,
        groups="base.group_system",
        export_string_translation=False,
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "lead_digest"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "lead_digest"]

    # ------------------------------------------------------------
    # READERS
    # ------------------------------------------------------------

    @api.model
    def _search_digest_people(self):
        """Whoever works with leads, as superuser: active colleagues whose groups may read them."""
        access = self.env["ir.model.access"].sudo()
        readers = access.search([("model_id.model", "=", "crm.lead"), ("perm_read", "=", True)]).group_id
        return self.sudo().search(
            [("active", "=", True), ("share", "=", False), ("all_group_ids", "in", readers.ids)], order="id"
        )

    def _filter_digest_readers(self):
        """Those of these users who want a digest and can get one."""
        return self.filtered(lambda user: user.lead_digest and user.email and user._get_digest_company())

    def _filter_digest_leaders(self):
        """Those of these users who see the leads of others."""
        groups = self.env["res.groups"].union(*(self.env.ref(group) for group in OVERVIEW))
        return self.search([("id", "in", self.ids), ("all_group_ids", "in", groups.ids)])

    def _get_digest_company(self):
        """By whose clock the user gets the one digest of all of their companies: the main one, or the next that sends
        any."""
        return (self.company_id | self.company_ids).filtered("lead_digest_active")[:1]

    def _claim_digest(self, day):
        """Take the digests of a day, which nobody else can take then, as long as the transaction holds.

        :return: res.users, those of these who have had none on that day
        """
        self.flush_recordset(["lead_digest_date"])
        query = SQL(
            """
            UPDATE res_users SET lead_digest_date = %(day)s
             WHERE id = ANY(%(ids)s) AND (lead_digest_date IS NULL OR lead_digest_date < %(day)s)
            RETURNING id
            """,
            day=day,
            ids=self.ids,
        )
        claimed = {user_id for (user_id,) in self.env.execute_query(query)}
        self.invalidate_recordset(["lead_digest_date"], flush=False)
        return self.filtered(lambda user: user.id in claimed)

    def _get_language(self):
        """The user's language, or another one where that has been switched off: it must not hold up a job."""
        return get_lang(self.env, self.lang).code

    # ------------------------------------------------------------
    # THE LINK TO STOP IT
    # ------------------------------------------------------------

    def _get_digest_stop_path(self):
        return f"/lead_digest/stop/{hash_sign(self.sudo().env, SCOPE, self.id)}"

    @api.model
    def _find_by_digest_token(self, token):
        """
        :return: res.users as superuser; an empty set for a token that we have not made
        """
        try:
            user_id = verify_hash_signed(self.sudo().env, SCOPE, token)
        except ValueError:
            user_id = None
        return self.sudo().browse(user_id or ()).exists()
