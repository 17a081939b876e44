from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .crm_stage import PENDING_TYPES

VIEWER_GROUP = "crm_lead_lifecycle.group_client_viewer"
# an object, not a flag: no client can send it in a context
SETTLED = object()


class SaleOrder(models.Model):
    """Leads of an order: it finds them by the customer's phone, is linked to one of them, and settles it."""

    _inherit = "sale.order"

    active_lead_ids = fields.Many2many(
        "crm.lead",
        string="Leads with This Phone",
        compute="_compute_active_lead_ids",
        compute_sudo=False,
        groups="sales_team.group_sale_salesman",  # others who read orders may not read leads, not even none
        help="Open leads with a phone of the customer, of its company or of a contact there.",
    )

    # ------------------------------------------------------------
    # LEADS WITH THE CUSTOMER'S PHONE
    # ------------------------------------------------------------

    @api.depends("partner_id", "company_id", "opportunity_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_active_lead_ids(self):
        """Leads that the user may see, in their own order; nothing for who may not see clients, whoever asks for it."""
        leads = self.env["crm.lead"].sudo(False)
        self.active_lead_ids = leads
        if not self.env.user.has_group(VIEWER_GROUP) or not leads.has_access("read"):
            return
        phones = self._map_customer_phones()
        leads = leads.search_fetch(
            self._get_active_lead_domain(set().union(*phones.values())), ["phone_sanitized", "company_id"]
        )
        position = {lead: number for number, lead in enumerate(leads)}
        leads_by_phone = leads.grouped("phone_sanitized")
        for order in self:
            found = leads.concat(*(leads_by_phone[phone] for phone in phones[order] if phone in leads_by_phone))
            order.active_lead_ids = found.filtered(
                lambda lead, order=order: lead.company_id.id in (False, order.company_id.id)
                and lead.id != order.opportunity_id._origin.id
            ).sorted(position.get)

    @api.model
    def _get_active_lead_domain(self, phones):
        """The domain of open leads with one of ``phones``, numbers in full (E.164). Removed leads are not active."""
        return (
            Domain("phone_sanitized", "in", list(phones))
            & Domain("active", "=", True)
            & Domain("stage_type", "in", PENDING_TYPES)
        )

    def _map_customer_phones(self):
        """All phones of each order's customer, of its company and of that company's contacts, as far as the user may
        see those. Archived contacts do not count, an archived customer does.

        :return: ``{order: numbers in full (E.164)}``
        """
        # only whose contacts to look for: what is read of them is read with the user's rights
        companies = {order: order.sudo().partner_id._origin.commercial_partner_id.id for order in self}
        company_ids = set(filter(None, companies.values()))
        kept_ids = company_ids.union(self.sudo().partner_id._origin.ids)
        domain = Domain("commercial_partner_id", "in", company_ids) & (
            Domain("active", "=", True) | Domain("id", "in", kept_ids)
        )
        partners = self.env["res.partner"].sudo(False).with_context(active_test=False)
        partners = partners.search_fetch(domain, ["phone_sanitized", "commercial_partner_id"])
        phones = defaultdict(set)
        for partner in partners:
            phones[partner.commercial_partner_id.id].add(partner.phone_sanitized)
        further = self.env["crm.client.phone"].sudo(False)
        for line in further.search_fetch([("partner_id", "in", partners.ids)], ["partner_id", "phone_sanitized"]):
            phones[line.partner_id.commercial_partner_id.id].add(line.phone_sanitized)
        return {order: phones[companies[order]] - {False} for order in self}

    # ------------------------------------------------------------
    # LINK
    # ------------------------------------------------------------

    def link_lead(self, lead):
        """Link this order to the lead that it comes from, of either of Odoo's two kinds. A lead without a client gets
        the order's customer. In a lead type without proposal stages the lead is settled by that at once: it is won, or
        goes on as its type says. In other types a quotation leaves it where it is, and a confirmed order settles it.

        :param lead: crm.lead record, or its id
        :return: an action that tells what has become of the lead
        :raise AccessError: for who may not change the order, or the lead
        :raise UserError: if there is no such lead, it is closed or of another company, or the order is cancelled
        """
        self.ensure_one()
        self.check_access("write")
        lead = self._get_lead_to_link(lead)
        is_linked = self.opportunity_id == lead
        if not lead._takes_orders():
            if is_linked:  # a second click
                return self._get_link_notice(lead)
            raise UserError(
                self.env._(
                    "%(lead)s is no longer open. Restore it or move it back to an open stage, then link the order.",
                    lead=lead.display_name,
                )
            )
        if self.state == "cancel":
            raise UserError(
                self.env._(
                    "%(order)s is cancelled. Set it to a quotation before you link it to a lead.",
                    order=self.display_name,
                )
            )
        lead_type = lead.lead_type_id
        self._settled().opportunity_id = lead  # below, when all is told
        if not lead.partner_id:
            self._link_lead_client(lead)
        if not is_linked:
            self.env["crm.lead.event"]._log("order", {lead: self._get_order_event()})
        # a lead that goes on as its next type once it has a client has taken its step already
        if lead.lead_type_id == lead_type and (self.state == "sale" or not lead_type.sudo()._has_proposal_stages()):
            self._enter_order_stage()
        return lead._get_succession_notice() if lead.lead_type_id != lead_type else self._get_link_notice(lead)

    def _get_lead_to_link(self, lead):
        """The lead that was given, with the rights of whoever links it."""
        lead_id = (
            lead.id if isinstance(lead, models.BaseModel) and lead._name == "crm.lead" and len(lead) == 1 else lead
        )
        lead = self.env["crm.lead"]
        if isinstance(lead_id, int) and lead_id is not True:
            lead = lead.browse(lead_id).exists()
        if not lead:
            raise UserError(self.env._("There is no such lead. Load the page again and choose another one."))
        lead.check_access("read")
        lead.check_access("write")
        return lead

    def _link_lead_client(self, lead):
        """The client of a lead that has none yet is the customer of its order."""
        lead._link_client(self.partner_id)

    def _get_order_event(self, **values):
        """This order as the timeline of its lead tells of it."""
        return {"order": self.id, "name": self.name, **values}

    def _get_link_notice(self, lead):
        values = {"order": self.display_name, "lead": lead.display_name}
        if lead.won_status == "won":
            message = self.env._("%(order)s is linked to %(lead)s, which is won.", **values)
        else:
            message = self.env._("%(order)s is linked to %(lead)s.", **values)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": {"type": "ir.actions.act_window_close"}},
        }

    # ------------------------------------------------------------
    # CONFIRMATION
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._settle_leads()  # those that are imported as confirmed
        return orders

    def write(self, vals):
        """A confirmed order settles a lead that it gets later, too. The orders of merged leads only move along."""
        lead_id = vals.get("opportunity_id")
        is_settling = lead_id and not self.env.context.get("merged_leads") and not self._is_settled()
        linked = self.filtered(lambda order: is_settling and order.opportunity_id.id != lead_id)
        res = super().write(vals)
        linked._settle_leads()
        return res

    def _action_confirm(self):
        res = super()._action_confirm()
        self._settle_leads()
        return res

    def _settle_leads(self):
        """A confirmed order settles its lead, see :meth:`crm.lead._enter_order_stage`. It does so whoever confirms it:
        the customer on the portal, a payment, a salesperson who does not see the lead. Whether they may confirm the
        order is known by now. Cancelling it later takes nothing back."""
        orders = self.sudo().filtered(lambda order: order.state == "sale" and order.opportunity_id)
        self.env["crm.lead.event"]._log_many(
            [("order", order.opportunity_id, order._get_order_event(confirmed=True)) for order in orders]
        )
        orders._enter_order_stage()

    def _enter_order_stage(self):
        """Take the leads of these orders to where an order settles them, unless they have taken that step already."""
        if not self._is_settled():
            self.opportunity_id._enter_order_stage()

    def _settled(self):
        """These orders, whose lead has taken its step already, or takes it later."""
        return self.with_context(settles_leads=SETTLED)

    def _is_settled(self):
        return self.env.context.get("settles_leads") is SETTLED
