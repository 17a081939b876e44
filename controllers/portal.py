from datetime import timedelta

from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools import groupby

from ..models.calendar_event import CUSTOMER
from ..models.crm_appointment_free import HORIZON

PATH = "/my/appointment/<int(max=2147483647):event_id>/<string:token>"
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
# of what is free is shown at once
DAYS = 14
LONGEST_REASON = 500


class AppointmentPortal(http.Controller):
    """The page of a customer's appointment, for whoever has its link. Reading it changes nothing, and it tells the
    same of a link that is wrong, has expired or whose appointment was cancelled."""

    @http.route(PATH, type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def appointment(self, event_id, token, **values):
        event = self._find(event_id, token)
        if not event:
            return self._render_gone()
        return self._render("portal_appointment", event, is_moved="moved" in values)

    @http.route(f"{PATH}/move", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def appointment_times(self, event_id, token, **values):
        event = self._find(event_id, token)
        if not event:
            return self._render_gone()
        chosen = _to_moment(values.get("start"))
        if chosen and event._is_possible(chosen):
            return self._render("portal_appointment_move_confirm", event, chosen=chosen)
        return self._render_times(event, _to_date(values.get("day")), is_taken=bool(chosen))

    @http.route(f"{PATH}/move", type="http", auth="public", website=True, methods=["POST"], sitemap=False)
    def appointment_move(self, event_id, token, **values):
        event = self._find(event_id, token)
        if not event:
            return self._render_gone()
        chosen = _to_moment(values.get("start"))
        if not chosen or not event._is_possible(chosen):
            return self._render_times(event, is_taken=True)
        try:
            with request.env.cr.savepoint():
                event._move_appointment(chosen, chosen + (event.stop - event.start))
        except UserError:
            return self._render_times(event, is_taken=True)
        return request.redirect(f"{event._get_link_path()}?moved=1")

    @http.route(f"{PATH}/cancel", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def appointment_ask(self, event_id, token, **_values):
        event = self._find(event_id, token)
        if not event:
            return self._render_gone()
        return self._render("portal_appointment_cancel", event, longest=LONGEST_REASON)

    @http.route(f"{PATH}/cancel", type="http", auth="public", website=True, methods=["POST"], sitemap=False)
    def appointment_cancel(self, event_id, token, **values):
        event = self._find(event_id, token)
        if not event:
            return self._render_gone()
        try:
            with request.env.cr.savepoint():
                event._cancel_appointment(_to_text(values.get("reason"))[:LONGEST_REASON])
        except UserError:
            return self._render_gone()
        return self._render("portal_appointment_cancelled", event)

    # ------------------------------------------------------------
    # PAGES
    # ------------------------------------------------------------

    def _find(self, event_id, token):
        """The appointment as its customer sees and changes it."""
        event = request.env["calendar.event"]._find_by_link(event_id, token)
        return event and event.with_context(appointment_by=CUSTOMER)._for_customer()

    def _render_times(self, event, first=None, is_taken=False):
        """What is free from a day on, by the customer's clock."""
        today = event._to_clock(fields.Datetime.now()).date()
        last = today + HORIZON
        first = first if first and today < first < last else today
        following = first + timedelta(days=DAYS)
        times = event._get_proposed(first, DAYS)
        return self._render(
            "portal_appointment_move",
            event,
            days=groupby(times, event._format_appointment_day),
            is_taken=is_taken,
            previous=first > today and max(first - timedelta(days=DAYS), today),
            following=following < last and following,
        )

    def _render(self, template, event, **values):
        request.update_context(lang=event.env.lang)
        company = event._get_appointment_company()
        values |= {"event": event, "company": company, "res_company": company}
        return request.render(f"crm_lead_lifecycle.{template}", values, headers=HEADERS)

    def _render_gone(self):
        return request.render("crm_lead_lifecycle.portal_appointment_gone", status=404, headers=HEADERS)


def _to_text(value):
    """What was typed into a page, as PostgreSQL takes it; nothing for a file."""
    return value.replace("\x00", "").strip() if isinstance(value, str) else ""


def _to_moment(value):
    """A moment in UTC from a page; nothing if it is none."""
    try:
        return fields.Datetime.to_datetime(_to_text(value)) or None
    except ValueError:
        return None


def _to_date(value):
    try:
        return fields.Date.to_date(_to_text(value)) or None
    except ValueError:
        return None
