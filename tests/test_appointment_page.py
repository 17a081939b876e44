import re
from datetime import timedelta
from unittest.mock import patch

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .appointment_agreed_common import AgreedCase

GONE = "This link does not work any more"
TAKEN = "This time has just been taken"


@tagged("post_install", "-at_install")
class TestAppointmentPage(HttpCase, AgreedCase):
    """What customers do by the link in their mail, without a login and without scripts."""

    def setUp(self):
        super().setUp()
        self.event = self._agree(self._soon(days=3), appointment_location="Lake Road 1")
        self.url = self.event.sudo()._get_link_path()
        self.authenticate(None, None)

    def _get(self, path="", url=None):
        self.env.flush_all()
        response = self.url_open(f"{url or self.url}{path}")
        self.env.invalidate_all()
        return response

    def _text(self, response):
        return " ".join(html.fromstring(response.content).find(".//main").text_content().split())

    def _csrf(self):
        """The token of a form, as the page gives it."""
        page = html.fromstring(self._get("/cancel").content)
        return page.xpath("//main//input[@name='csrf_token']/@value")[0]

    def _post(self, path, token=None, **values):
        """Send the form of a page, with the token that the page has given."""
        token = self._csrf() if token is None else token
        self.env.flush_all()
        response = self.url_open(f"{self.url}{path}", data={"csrf_token": token, **values}, allow_redirects=False)
        self.env.invalidate_all()
        return response

    def _follow(self, response):
        self.assertEqual(response.status_code, 303)
        return self.url_open(response.headers["Location"])

    def _state(self):
        """All that a page could change."""
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.event.read(["start", "stop", "active", "appointment_state", "write_date"]),
            len(self._mails()),
            len(self._events(self.lead)),
            self.event.sudo().appointment_token,
        )

    # ------------------------------------------------------------
    # THE LINK
    # ------------------------------------------------------------

    def test_the_page_shows_who_when_and_where(self):
        response = self._get()
        self.assertEqual(response.status_code, 200)
        text = self._text(response)
        event = self.event.sudo()._for_customer()
        for words in (event._format_appointment_day(), "(New York)", "Gina Agent", "Lake Road 1", self.company.name):
            self.assertIn(" ".join(words.split()), text)
        for hidden in ("mary@example.com", "Olga", "gina@example.com", "Chalet"):
            self.assertNotIn(hidden, response.text)
        self.assertEqual(response.headers["X-Robots-Tag"], "noindex, nofollow")
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_the_page_speaks_the_customers_language(self):
        self.env["res.lang"]._activate_lang("it_IT")
        self.lead.lang_id = self.env["res.lang"]._lang_get("it_IT")
        response = self._get()
        self.assertEqual(html.fromstring(response.content).get("lang"), "it-IT")
        self.assertIn(self.event.sudo()._for_customer()._format_appointment_day(), self._text(response))

    def test_reading_changes_nothing(self):
        before = self._state()
        start = self._soon(days=4)
        for path in ("", "?moved=1", "/move", f"/move?start={start}", "/move?day=2000-01-01", "/cancel"):
            self.assertEqual(self._get(path).status_code, 200, path)
        self.assertEqual(self._state(), before)

    def test_links_that_do_not_hold_are_all_alike(self):
        other_lead = self._lead(name="Pitch", phone="+1 212 555 0188", email_from="other@example.com")
        other = self._agree(self._soon(days=3, hours=5), self._campaign(other_lead).entry_ids).sudo()
        meeting = self.env["calendar.event"].create(
            {"name": "Lunch", "start": self._soon(days=3), "stop": self._soon(days=3, hours=1)}
        )
        cancelled = self._agree(
            self._soon(days=3, hours=8),
            self._campaign(self._lead(name="Row", phone="+1 212 555 0189", email_from="row@example.com")).entry_ids,
        ).sudo()
        cancelled_path = cancelled._get_link_path()
        cancelled.action_archive()
        token = self.event.sudo().appointment_token
        pages = {
            re.sub(r"(csrf_token: \"[^\"]*\")|[0-9a-f]{40}o?\d*", "", self._get(url=url).text)
            for url in (
                f"{self.url}x",
                f"{self.url[:-1]}",
                f"/my/appointment/{other.id}/{token}",
                f"/my/appointment/{meeting.id}/False",
                f"/my/appointment/{meeting.id}/ä",
                f"/my/appointment/2147483647/{token}",
                cancelled_path,
            )
        }
        self.assertEqual({GONE in page for page in pages}, {True})
        self.assertEqual(len(pages), 1)
        for path in ("", "/move", "/cancel"):
            response = self._get(path, url=cancelled_path)
            self.assertEqual(response.status_code, 404)

    def test_a_link_ends_with_the_start_and_after_90_days_at_most(self):
        event = self.event.sudo()
        event.appointment_link_until = self._soon(hours=-2)
        self.assertEqual(self._get().status_code, 404)
        event.appointment_link_until = self._soon(days=9)
        self.assertEqual(self._get().status_code, 200)
        self._set_in_database(event, start=self._soon(hours=-2), stop=self._soon(hours=-1))
        self.assertEqual(self._get().status_code, 404)

    def test_a_form_without_its_token_does_nothing(self):
        before = self._state()
        with mute_logger("odoo.http"):
            for path in ("/move", "/cancel"):
                response = self._post(path, token="forged", start=str(self._soon(days=4)))
                self.assertEqual(response.status_code, 400)
        self.assertEqual(self._state(), before)

    # ------------------------------------------------------------
    # MOVING
    # ------------------------------------------------------------

    def test_the_customer_moves_it(self):
        start = self._soon(days=5)
        self.assertIn("Move the appointment?", self._text(self._get(f"/move?start={start}")))
        page = self._follow(self._post("/move", start=str(start)))
        self.assertIn("Your appointment has been moved", self._text(page))
        self.assertEqual((self.event.start, self.event.stop), (start, start + timedelta(hours=1)))
        slot = self.env["crm.appointment.slot"].sudo().search([("event_id", "=", self.event.id)])
        self.assertEqual((slot.start, slot.user_id), (start, self.agent))
        self.assertIn("Appointment moved: Mary Miller", self._notices(self.operator))
        # the agent by Odoo, and once
        self.assertEqual(len(self._notices(self.agent)), 2)
        self.assertIn("Date updated", self._notices(self.agent)[1])
        self.assertRegex(self._events(self.lead, "appointment_move").summary, "^The customer has moved the appointment")
        mails = self._mails()
        self.assertEqual(len(mails), 2)
        self.assertEqual(
            self.event.attendee_ids.filtered(lambda one: one.partner_id == self.agent.partner_id).state, "accepted"
        )
        # the link of the first mail holds on
        self.assertIn(self.url, mails[0].body_html)
        self.assertEqual(self._get().status_code, 200)

    def test_only_free_times_are_shown_by_the_customers_clock_and_day(self):
        self._agree(
            self._soon(days=4),
            self._campaign(self._lead(name="Row", phone="+1 212 555 0189", user_id=False)).entry_ids,
        )
        page = html.fromstring(self._get("/move").content)
        starts = [link.split("start=")[1].replace("%20", " ") for link in page.xpath("//main//section//a/@href")]
        self.assertGreater(len(starts), 200)
        self.assertNotIn(str(self.event.start), starts)
        self.assertNotIn(str(self._soon(days=4)), starts)
        self.assertEqual(starts, sorted(starts))
        event = self.event.sudo()._for_customer()
        days = [" ".join(day.split()) for day in page.xpath("//main//section/h2/text()")]
        self.assertEqual(len(days), len(set(days)))
        self.assertEqual(days[0], event._format_appointment_day(event._fields["start"].to_datetime(starts[0])))
        later = html.fromstring(
            self._get(page.xpath("//a[normalize-space()='Later']/@href")[0][len(self.url) :]).content
        )
        self.assertTrue(later.xpath("//main//section//a"))
        self.assertTrue(later.xpath("//a[normalize-space()='Earlier']"))

    def test_a_time_that_was_taken_meanwhile_leaves_it_where_it_is(self):
        start = self._soon(days=4)
        token = self._csrf()
        self._agree(start, self._campaign(self._lead(name="Row", phone="+1 212 555 0189", user_id=False)).entry_ids)
        before = self._state()
        response = self._post("/move", token=token, start=str(start))
        self.assertEqual(response.status_code, 200)
        self.assertIn(TAKEN, self._text(response))
        self.assertTrue(html.fromstring(response.content).xpath("//main//section//a"))
        self.assertEqual(self._state(), before)

    def test_a_rival_in_the_last_moment_wins(self):
        start, before = self._soon(days=4), self._state()
        token = self._csrf()
        events = self.env.registry["calendar.event"]
        with patch.object(events, "_move_appointment", autospec=True, side_effect=UserError("taken")):
            response = self._post("/move", token=token, start=str(start))
        self.assertIn(TAKEN, self._text(response))
        self.assertEqual(self._state(), before)

    def test_what_no_page_has_offered_is_refused(self):
        before = self._state()
        token = self._csrf()
        for start in (
            "",
            "soon",
            "9999-12-31 23:45:00",
            "0001-01-01 00:00:00",
            str(self._soon(days=-1)),
            str(self._soon(days=500)),
            str(self._soon(days=4, minutes=7)),
            str(self.event.start),
        ):
            response = self._post("/move", token=token, start=start)
            self.assertEqual(response.status_code, 200, start)
            self.assertIn(TAKEN, self._text(response))
        for day in ("9999-12-31", "0001-01-01", "x", "2026-02-31"):
            self.assertEqual(self._get(f"/move?day={day}").status_code, 200, day)
        self.assertEqual(self._state(), before)

    # ------------------------------------------------------------
    # CANCELLING
    # ------------------------------------------------------------

    def test_the_customer_cancels_it_and_the_link_ends(self):
        response = self._post("/cancel", reason="  Ill <b>today</b> ")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Your appointment is cancelled", self._text(response))
        self.assertEqual((self.event.active, self.event.appointment_state), (False, "cancelled"))
        self.assertFalse(self.env["crm.appointment.slot"].sudo().search([("event_id", "=", self.event.id)]))
        for user in (self.agent, self.operator):
            self.assertIn("Appointment cancelled: Mary Miller", self._notices(user), user.login)
        message = self.env["mail.message"].sudo().search(
            [("subject", "=", "Appointment cancelled: Mary Miller")], limit=1
        )  # fmt: skip
        self.assertIn("Ill &lt;b&gt;today&lt;/b&gt;", message.body)
        cancelled = self._events(self.lead, "appointment_cancel")
        self.assertRegex(cancelled.summary, "^The customer has cancelled .*: Ill <b>today</b>$")
        self.assertIn("is cancelled", self._mails()[-1].subject)
        self.assertEqual(self._get().status_code, 404)

    def test_a_reason_is_not_needed_and_not_endless(self):
        self._post("/cancel", reason="x" * 5000)
        self.assertEqual(len(self._events(self.lead, "appointment_cancel").data["reason"]), 500)

    def test_what_no_page_sends_is_harmless(self):
        token, before = self._csrf(), self._state()
        self.env.flush_all()
        for path in ("/move", "/cancel"):
            for method in ("HEAD", "PUT", "DELETE"):
                self.opener.request(method, f"{self.base_url()}{self.url}{path}")
        response = self.url_open(
            f"{self.url}/move", data={"csrf_token": token}, files={"start": ("start", b"2026"), "day": ("day", b"1")}
        )
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(self._state(), before)
        response = self._post("/cancel", token=token, reason="Ill\0 <script>")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self._events(self.lead, "appointment_cancel").data["reason"], "Ill <script>")

    def test_a_page_of_an_agent_who_has_left(self):
        self.agent.active = False
        self.assertIn("There is no free time", self._text(self._get("/move")))
        self.event.user_id = False
        for path in ("", "/move", "/cancel"):
            self.assertEqual(self._get(path).status_code, 404)

    def test_cancelling_twice_is_harmless(self):
        token = self._csrf()
        self._post("/cancel", token=token)
        response = self._post("/cancel", token=token)
        self.assertEqual(response.status_code, 404)
        self.assertEqual(len(self._events(self.lead, "appointment_cancel")), 1)
        self.assertEqual(len(self._mails()), 2)

    def test_another_customer_who_is_logged_in_needs_the_link_too(self):
        self.authenticate("lead_portal", "lead_portal")
        self.assertEqual(self._get(url=f"/my/appointment/{self.event.id}/x").status_code, 404)
        self.assertEqual(self._get().status_code, 200)
