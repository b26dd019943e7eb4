"""What job types are by the rules in force, and by what became of their jobs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """A row of the mart job_kind_behaviour: a job type in a business unit."""

    tenant_id: int
    tenant_name: str
    job_type_id: int | None
    job_type_name: str | None
    business_unit_id: int | None
    business_unit_name: str | None
    job_kind: str
    match_field: str
    pattern: str | None
    priority: int
    rule_tenant_id: int | None
    origin: str
    is_known: bool
    kind_by_behaviour: str | None
    type_kind_by_behaviour: str | None
    is_disagreement: bool
    jobs: int
    recall_jobs: int
    warranty_jobs: int
    share_from_estimate: float | None
    share_after_sale: float | None
    share_with_estimates: float | None
    share_that_became_another: float | None
    share_free: float | None

    @property
    def behaves_as(self) -> str | None:
        return self.kind_by_behaviour or self.type_kind_by_behaviour

    @property
    def type_words(self) -> str:
        return self.job_type_name or (str(self.job_type_id) if self.job_type_id else "(no job type)")

    @property
    def unit_words(self) -> str:
        return self.business_unit_name or (str(self.business_unit_id) if self.business_unit_id else "(no unit)")


@dataclass(frozen=True)
class Reason:
    """A row of the mart cancel_reasons."""

    reason_id: int | None
    reason_name: str | None
    starts_flow: bool
    match_field: str
    pattern: str | None
    priority: int
    rule_tenant_id: int | None
    origin: str
    jobs: int
    jobs_last_90_days: int
    jobs_booked_anew: int

    @property
    def share_booked_anew(self) -> float | None:
        return self.jobs_booked_anew / self.jobs if self.jobs else None
