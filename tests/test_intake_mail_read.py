from email import message_from_bytes, policy

from odoo.tests import BaseCase, tagged

from ..models.intake_mail import find_after, is_answered_by_machine, read_parts, read_words


def _mail(text, **headers):
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return message_from_bytes("\n".join([*lines, "", text]).encode(), policy=policy.SMTP)


def _words(text="", html="", subject="", sender="Anna <anna@example.org>", reply_to=""):
    return read_words({"text": text, "html": html, "subject": subject, "from": sender, "reply_to": reply_to})


@tagged("post_install", "-at_install")
class TestIntakeMailRead(BaseCase):
    """What is read in a mail."""

    def test_characters(self):
        for declared, used in (("utf-8", "utf-8"), ("iso-8859-2", "iso-8859-2"), ("x-nobody-knows", "utf-8"),
                               ("us-ascii", "cp1250"), ("utf-8", "cp1250"), (None, "cp1250")):  # fmt: skip
            kind = f"text/plain; charset={declared}" if declared else "text/plain"
            raw = f"Subject: x\nContent-Type: {kind}\nContent-Transfer-Encoding: 8bit\n\n".encode()
            message = message_from_bytes(raw + "Zażółć gęślą jaźń".encode(used), policy=policy.SMTP)
            self.assertEqual(read_parts(message)["text"].strip(), "Zażółć gęślą jaźń", (declared, used))

    def test_labels(self):
        text = (
            "Name : Anna\nPhone mobile: 1\n> *Phone:* 2\nCity\nRome\nMessage: Hello\n\nthere\nZip: 3\nEmpty:\n---\nend"
        )
        for label, value in {
            "name": "Anna",
            "Phone:": "2",
            "City": "Rome",
            "Zip": "3",
            "Empty": None,
            "x": None,
        }.items():
            self.assertEqual(find_after(text, label), value, label)
        self.assertEqual(find_after(text, "Message", ["Zip"], is_long=True), "Hello\n\nthere")
        self.assertEqual(find_after("Phone:\nName: Anna", "Phone", ["Name"]), None, "the next label is no value")
        self.assertEqual(find_after("A (b)+: 1", "A (b)+"), "1", "a label is no expression")

    def test_tables(self):
        html = """<table><tr><th>Name</th><th>Phone</th></tr><tr><td>Anna</td><td>1</td></tr></table>
            <table><tr><td><b>City:</b></td><td>Rome<br>Lazio</td><td>Zip</td><td>2</td></tr>
            <tr><th>Year</th><td>2027</td></tr></table><dl><dt>Pets</dt><dd>none</dd></dl>"""
        cells = dict(_words(html=html)["cells"])
        self.assertEqual((cells["Name"], cells["Phone"], cells["City:"]), ("Anna", "1", "Rome\nLazio"))
        self.assertEqual((cells["Zip"], cells["Year"], cells["Pets"]), ("2", "2027", "none"))

    def test_html_as_text(self):
        words = _words(
            html="<style>p{}</style><p>One<br>two</p><script>x</script><ul><li>Name:&nbsp;<b>Anna</b></li></ul>"
        )
        self.assertEqual(words["text"].split("\n"), ["One", "two", "", "Name: Anna"])

    def test_broken_html(self):
        for html in (
            "<",
            "<table><tr><td>a",
            "<!-- x",
            "\x01\x02",
            "<p>" * 5000,
            "<?xml version='1.0' encoding='u'?><p>a</p>",
        ):
            _words(html=html)

    def test_endless_runs_of_the_same_end(self):
        for piece in (*"x \t\n>-*@<", "-\n", "x@", "From:", "On ", "a@b<mailto:", "Name"):
            text = piece * (200_000 // len(piece))
            words = _words(f"Name{text}:\n{text}", html=text, subject=f"Re: {text[:1000]}")
            for found in words["texts"]:
                find_after(found, "Name", ["Phone"], is_long=True)

    def test_what_is_quoted_is_left_out(self):
        for quote in (
            "On Mon, Jun 7, 2027 at 9:00 AM Desk <desk@example.org> wrote:\n> Phone: 1",
            "W dniu 7.06.2027 o 09:00, Biuro pisze:\n> Phone: 1",
            "Il giorno lun 7 giu 2027 alle ore 09:00 Desk\n<desk@example.org> ha scritto:\nPhone: 1",
            "-----Wiadomość oryginalna-----\nPhone: 1",
            "> Phone: 1",
        ):
            words = _words(f"Yes please.\n\n{quote}", subject="Re: x")
            self.assertEqual(words["text"], "Yes please.", quote)
        words = _words(html='<p>Yes.</p><div class="gmail_quote"><p>Phone: 1</p></div><blockquote>2</blockquote>')
        self.assertEqual(words["texts"], ["Yes."])
        self.assertEqual(_words("> all is quoted")["text"], "> all is quoted")

    def test_forwarded(self):
        for text in (
            "See below\n\n---------- Forwarded message ---------\nFrom: Carla <carla@example.org>\nTo: x\n\nName: C",
            "Begin forwarded message:\n\n> From: Carla <carla@example.org>\n> Subject: x\n\n> Name: C",
            "FYI\n\nVon: Carla [mailto:carla@example.org]\nAn: x\n\nName: C",
        ):
            words = _words(text, subject="Fwd: Hello")
            self.assertEqual((words["sender"], words["text"]), (("Carla", "carla@example.org"), "Name: C"), text)
            self.assertEqual(words["subject"], "Hello")

    def test_forwarded_as_a_file(self):
        inner = _mail("Name: C", From="Carla <carla@example.org>", Subject="Hello")
        outer = _mail("", Subject="Fwd", From="anna@example.org")
        outer.set_content("See the file")
        outer.add_attachment(inner)
        words = read_words(read_parts(outer))
        self.assertEqual(
            (words["sender"][1], words["text"], words["subject"]), ("carla@example.org", "Name: C", "Hello")
        )

    def test_who_asks(self):
        self.assertEqual(_words("x")["sender"], ("Anna", "anna@example.org"))
        self.assertEqual(_words("x", reply_to="b@example.org")["sender"], ("", "b@example.org"))
        self.assertEqual(_words("x", sender="nobody")["sender"], ("", ""))
        for reply_to, is_for_other in (("", False), ("help@EXAMPLE.org", False), ("b@example.com", True)):
            self.assertEqual(_words("x", reply_to=reply_to)["is_for_other"], is_for_other)

    def test_answers_that_nobody_wrote(self):
        for headers in ({"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"},
                        {"Auto_Submitted": "auto-generated", "In_Reply_To": "<1@x>"}):  # fmt: skip
            self.assertTrue(is_answered_by_machine(_mail("I am away", **headers)), headers)
        for headers in ({}, {"Auto_Submitted": "no"}, {"Auto_Submitted": "auto-generated"}, {"In_Reply_To": "<1@x>"}):
            self.assertFalse(is_answered_by_machine(_mail("New request", **headers)), headers)
