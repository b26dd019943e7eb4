"""The stand-in ServiceTitan's list endpoints: pages, filters, order, the default of active."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.caller import Caller, calling
from tests.simulator.servicetitan import ServiceTitan
from tests.simulator.world import Company, World


@pytest.fixture
def caller(simulator: ServiceTitan) -> Iterator[Caller]:
    with calling(simulator) as caller:
        yield caller


@pytest.fixture
def socal(world: World) -> Company:
    return world["socal"]


def ids(records: list[dict[str, Any]]) -> list[int]:
    return [record["id"] for record in records]


def test_a_page_has_50_records_unless_asked_and_no_total_unless_asked(caller: Caller, socal: Company) -> None:
    for _ in range(51):
        socal.add_lead()
    page = caller.get("crm/leads").json()
    assert (page["page"], page["pageSize"], page["hasMore"], page["totalCount"]) == (1, 50, True, None)
    assert len(page["data"]) == 50
    page = caller.get("crm/leads", page=2, pageSize=50, includeTotal="true").json()
    assert (len(page["data"]), page["hasMore"], page["totalCount"]) == (1, False, 51)


def test_5000_is_the_largest_page(caller: Caller, simulator: ServiceTitan) -> None:
    assert caller.get("crm/leads", pageSize=5000).status_code == 200
    assert caller.get("crm/leads", pageSize=5001).json()["errors"].keys() == {"pageSize"}
    simulator.switches.large_page = "clamp"
    assert caller.get("crm/leads", pageSize=9000).json()["pageSize"] == 5000


@pytest.mark.parametrize(
    ("path", "table", "hidden"),
    [
        ("crm/customers", "customers", True),
        ("sales/estimates", "estimates", True),
        ("jpm/job-types", "job_types", True),
        ("settings/business-units", "business_units", True),
        ("jpm/job-cancel-reasons", "job_cancel_reasons", False),
    ],
)
def test_inactive_records_are_hidden_by_default_where_servicetitan_hides_them(
    caller: Caller, socal: Company, path: str, table: str, hidden: bool
) -> None:
    socal.create_estimate(socal.add_customer())
    record = socal.records(table)[0]["id"]
    socal.change(table, record, active=False)
    assert (record not in ids(caller.records(path))) == hidden
    assert record in ids(caller.records(path, active="Any"))
    assert record in ids(caller.records(path, active="False"))
    assert record not in ids(caller.records(path, active="True"))


def test_a_deleted_appointment_is_inactive_and_hidden_by_default(caller: Caller, socal: Company) -> None:
    job = socal.book_job(socal.add_customer())
    second = socal.add_appointment(job)
    socal.delete_appointment(second)
    assert second not in ids(caller.records("jpm/appointments"))
    assert second in ids(caller.records("jpm/appointments", active="Any"))


def test_lists_of_leads_jobs_and_contacts_have_no_active_field(caller: Caller, socal: Company) -> None:
    customer = socal.add_household()
    socal.add_lead(customer)
    socal.book_job(customer)
    for path in ("crm/leads", "jpm/jobs", "crm/customers/contacts"):
        (record, *_) = caller.records(path, modifiedOnOrAfter="2020-01-01T00:00:00Z")
        assert "active" not in record


def test_at_most_50_ids_are_looked_up(caller: Caller, socal: Company) -> None:
    first, second = socal.add_lead(), socal.add_lead()
    assert ids(caller.records("crm/leads", ids=f"{first}")) == [first]
    assert caller.get("crm/leads", ids=",".join([str(second)] * 1 + [str(n) for n in range(49)])).status_code == 200
    assert caller.get("crm/leads", ids=",".join(str(n) for n in range(51))).status_code == 400


def test_modified_dates_include_the_start_and_exclude_the_end(caller: Caller, socal: Company) -> None:
    lead, stamp = socal.add_lead(), "2026-03-02T15:00:00Z"
    assert ids(caller.records("crm/leads", modifiedOnOrAfter=stamp)) == [lead]
    assert ids(caller.records("crm/leads", modifiedBefore=stamp)) == []
    assert ids(caller.records("crm/leads", modifiedOnOrAfter="2026-03-02T15:00:00.0000001Z")) == []


def test_a_date_without_a_time_is_ignored(caller: Caller, socal: Company) -> None:
    lead = socal.add_lead()
    assert ids(caller.records("crm/leads", modifiedOnOrAfter="2030-01-01")) == [lead]


def test_a_plus_that_was_not_encoded_is_refused(caller: Caller) -> None:
    assert caller.get("crm/leads", sort=" ModifiedOn").status_code == 400
    assert caller.get("crm/leads", modifiedOnOrAfter="2026-01-01T00:00:00 02:00").status_code == 400


def test_sort_takes_a_sign_and_a_field(caller: Caller, socal: Company, world: World) -> None:
    first, second = socal.add_lead(), socal.add_lead()
    world.advance(minutes=1)
    socal.change("leads", first, summary="again")
    assert ids(caller.records("crm/leads", sort="+Id")) == [first, second]
    assert ids(caller.records("crm/leads", sort="-Id")) == [second, first]
    assert ids(caller.records("crm/leads", sort="+ModifiedOn")) == [second, first]
    assert caller.get("crm/leads", sort="+Summary").status_code == 400


def test_job_types_are_ordered_by_order_by_and_contacts_not_at_all(caller: Caller, socal: Company) -> None:
    assert ids(caller.records("jpm/job-types", orderBy="id", orderByDirection="asc")) == sorted(
        record["id"] for record in socal.records("job_types")
    )
    socal.add_household()
    newest_first = ids(caller.records("crm/customers/contacts", modifiedOnOrAfter="2020-01-01T00:00:00Z", sort="+Id"))
    assert newest_first == sorted(newest_first, reverse=True)


def test_contacts_of_all_customers_need_a_filter(caller: Caller) -> None:
    assert caller.get("crm/customers/contacts").status_code == 400


def test_an_unknown_parameter_is_ignored_but_recorded(caller: Caller, socal: Company, simulator: ServiceTitan) -> None:
    socal.book_job(socal.add_customer())
    assert len(caller.records("jpm/jobs", status="Canceled")) == 1
    assert len(caller.records("jpm/jobs", jobStatus="Canceled")) == 0
    assert [call.unknown for call in simulator.log.of("/jobs")] == [["status"], []]


def test_strict_mode_refuses_an_unknown_parameter(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.switches.strict = True
    assert caller.get("jpm/jobs", status="Canceled").json()["errors"].keys() == {"status"}


def test_customers_are_found_by_phone_whatever_its_form_but_not_by_email(caller: Caller, socal: Company) -> None:
    ada = socal.add_customer("Ada", phone="(714) 555-2823", email="ada@example.com")
    socal.add_customer("Ben", phone="714-555-2824")
    assert ids(caller.records("crm/customers", phone="7145552823")) == [ada]
    assert len(caller.records("crm/customers", email="ada@example.com")) == 2


def test_customers_are_found_by_external_data(caller: Caller, socal: Company) -> None:
    ada = socal.add_customer("Ada", externalData=[{"key": "lead", "value": "42"}])
    socal.add_customer("Ben", externalData=[{"key": "lead", "value": "43"}])
    assert ids(caller.records("crm/customers", externalDataKey="lead", externalDataValues="42")) == [ada]


def test_estimates_have_no_filter_by_customer_but_by_job(caller: Caller, socal: Company) -> None:
    jobs = [socal.book_job(socal.add_customer()) for _ in range(2)]
    estimates = [socal.create_estimate(job_id=job) for job in jobs]
    assert ids(caller.records("sales/estimates", jobId=jobs[0])) == [estimates[0]]
    assert len(caller.records("sales/estimates", customerId=1)) == 2


def test_answers_are_compressed_for_callers_who_accept_it(caller: Caller, simulator: ServiceTitan) -> None:
    simulator.switches.gzip = True
    answer = caller.get("jpm/job-types")
    assert (answer.headers["content-encoding"], len(answer.json()["data"])) == ("gzip", 7)
    caller.client.headers["accept-encoding"] = "identity"
    assert "content-encoding" not in caller.get("jpm/job-types").headers


def test_a_record_that_is_not_there_is_a_404(caller: Caller) -> None:
    assert caller.get("crm/customers/1").status_code == 404


def test_booleans_are_taken_in_any_case(caller: Caller) -> None:
    assert caller.get("crm/leads", includeTotal="True").json()["totalCount"] == 0
    assert caller.get("crm/leads", includeTotal="perhaps").status_code == 400
