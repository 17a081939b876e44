import io
import json

from openpyxl import load_workbook

from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestReportExport(HttpCase):
    """What a report shows can be taken along as a spreadsheet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env, "report_reader", "sales_team.group_sale_salesman,base.group_allow_export", password="report_reader"
        )
        cls.source = cls.env["utm.source"].create({"name": "Spring fair"})
        values = {"user_id": cls.user.id, "source_id": cls.source.id}
        cls.leads = cls.env["crm.lead"].create([{"name": f"Week {number}", **values} for number in range(3)])
        cls.domain = [("id", "in", cls.leads.ids)]

    def _export(self, route, table):
        """The cells of the first sheet."""
        data = {"data": json.dumps(table), "csrf_token": Request.csrf_token(self)}
        response = self.url_open(route, data=data)
        self.assertEqual(response.status_code, 200)
        sheet = load_workbook(io.BytesIO(response.content)).active
        return [[cell.value for cell in row] for row in sheet.iter_rows()]

    def test_pivot(self):
        self.authenticate("report_reader", "report_reader")
        figures = self.make_jsonrpc_request(
            "/web/dataset/call_kw/crm.lead.source.report/formatted_read_grouping_sets",
            {
                "model": "crm.lead.source.report",
                "method": "formatted_read_grouping_sets",
                "args": [self.domain, [[], ["source_id"]]],
                "kwargs": {"aggregates": ["leads:sum", "won_rate:mean"]},
            },
        )
        row = figures[1][0]
        table = {
            "title": "Sources",
            "model": "crm.lead.source.report",
            "measure_count": 2,
            "origin_count": 1,
            "col_group_headers": [[{"title": "Total", "width": 2, "height": 1}]],
            "measure_headers": [
                {"title": title, "width": 1, "height": 1, "is_bold": False} for title in ("Leads", "Won %")
            ],
            "origin_headers": [],
            "rows": [
                {
                    "title": row["source_id"][1],
                    "indent": 0,
                    "values": [{"value": row[spec]} for spec in ("leads:sum", "won_rate:mean")],
                }
            ],
        }
        self.assertEqual(self._export("/web/pivot/export_xlsx", table)[-1][:2], ["Spring fair", 3])

    def test_list(self):
        self.authenticate("report_reader", "report_reader")
        names = ["number", "name", "source_id", "outcome", "leads"]
        options = {
            "model": "crm.lead.source.report",
            "fields": [{"name": name, "label": name, "type": "char"} for name in names],
            "ids": False,
            "domain": self.domain,
            "groupby": [],
            "import_compat": False,
            "context": {},
        }
        flat = self._export("/web/export/xlsx", options)
        self.assertEqual({row[1] for row in flat[1:]}, set(self.leads.mapped("name")))
        grouped = self._export("/web/export/xlsx", {**options, "groupby": ["source_id"]})
        self.assertEqual((grouped[1][0], grouped[1][-1]), ("Spring fair (3)", "3"))

    def test_no_average_of_what_is_unknown(self):
        """Odoo would divide the minutes of one lead by all three."""
        self.authenticate("report_reader", "report_reader")
        self.env.cr.execute("UPDATE crm_lead SET minutes_to_client = NULL WHERE id = ANY(%s)", [self.leads.ids])
        self.env.cr.execute("UPDATE crm_lead SET minutes_to_client = 30 WHERE id = %s", [self.leads[0].id])
        self.env.invalidate_all()
        for model in ("crm.lead", "crm.lead.source.report"):
            with mute_logger("odoo.addons.web.controllers.export"):
                rows = self._export(
                    "/web/export/xlsx",
                    {
                        "model": model,
                        "fields": [
                            {"name": name, "label": name, "type": kind}
                            for name, kind in (("number", "char"), ("minutes_to_client", "float"))
                        ],
                        "ids": False,
                        "domain": self.domain,
                        "groupby": ["source_id"],
                        "import_compat": False,
                        "context": {},
                    },
                )
            self.assertEqual(rows[1], ["Spring fair (3)", None])
            self.assertEqual(sorted(filter(None, (row[1] for row in rows[2:]))), [30])
            ((average,),) = self.env[model]._read_group(self.domain, [], ["minutes_to_client:mean"])
            self.assertEqual(average, 30)
