from datetime import timedelta
from playwright.sync_api import sync_playwright
from axe_playwright_python.sync_playwright import Axe
from tests.console.front_office import ADA, Office, office
from tests.console.visitor import PASSWORD
from tests.flow_builder.marts import NOW
__all__=["office"]
def test_look(office: Office, url: str):
    m=office.marts
    lead=m.enters(1.0, event_name="lead_created", event_id="lead:41:created", source_table="leads", source_id="41", job_id=None, occurred_at=NOW-timedelta(hours=5))
    booked = m.enters(2.0, from_state=1.0, occurred_at=NOW-timedelta(hours=1))
    office.sync()
    office.run("insert into attempts (webhook_id, started_at, ended_at, http_status, milliseconds, answer) values (?, '2026-11-22T15:12:00.000000Z', '2026-11-22T15:12:01.000000Z', 202, 90, '{\"ok\": true}')", booked)
    office.becomes(booked,"delivered"); office.run("update deliveries set attempts=1, last_status=202, delivered_at=created_at where webhook_id=?",booked)
    m.enters(3.0, event_id="estimate:1:created", event_name="estimate_created", source_table="estimates", source_id="1", from_state=2.0, occurred_at=office.now)
    office.sync()
    batch=office.holds(12)
    office.publish({"event_id": "estimate:9:created", "event_name": "estimate_created", "rule": "ignore","source_table": "estimates", "source_id": "9"})
    with sync_playwright() as p:
        b=p.chromium.launch()
        for w in (390,1440):
            ctx=b.new_context(viewport={"width":w,"height":900}, color_scheme="dark" if w==390 else "light")
            page=ctx.new_page()
            page.goto(url+"/console/sign-in"); page.fill("[name=name]","ola"); page.fill("[name=password]",PASSWORD); page.click("main button")
            for n,path in {"customers":"/console/customers","customer":f"/console/customers/socal/{ADA}","deliveries":"/console/deliveries","batch":f"/console/deliveries?batch={batch}","message":f"/console/deliveries?id={booked}"}.items():
                page.goto(url+path)
                if n=="customer":
                    page.click("summary >> nth=0")
                r=Axe().run(page)
                print(w,n,[(v["id"],v["impact"],[x["html"][:80] for x in v["nodes"][:2]]) for v in r.response["violations"]], "overflow", page.evaluate("document.documentElement.scrollWidth"))
                page.screenshot(path=f"/tmp/j/C2/tmp/{n}-{w}.png",full_page=True)
            page.goto(url+f"/console/deliveries?batch={batch}"); page.fill("form[action='/console/deliveries/release'] [name=reason]","right"); page.click("form[action='/console/deliveries/release'] button")
            page.screenshot(path=f"/tmp/j/C2/tmp/question-{w}.png",full_page=True); print(Axe().run(page).response["violations"])
        b.close()
