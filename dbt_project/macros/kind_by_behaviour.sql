{# What a job type is by what became of its jobs; null where that does not tell. `counts` and
   `of_tenant` are aliases with counts of the mart job_kind_behaviour; shares are of the jobs that are no call-backs, at least half. Between the bounds of two
   kinds nothing is said: a wrong kind is a wrong mail.

   install: made of an estimate, and not free: one in seven says so by its own link (offices make many by hand), and half
   come after a sale. sales: one in ten became another job, and so did most of those where something was sold (what is
   sold on a service call is done at once). other: neither, where the tenant has jobs made of estimates and half of these
   have taken place, for one that lies ahead has no estimate yet; estimates are few, or what was sold was done at once. #}
{% macro kind_by_behaviour(counts, of_tenant) -%}
    case
        when {{ counts }}.jobs < {{ enough_jobs() }} or {{ counts }}.ordinary_jobs * 2 < {{ counts }}.jobs then null
        when
            {{ counts }}.jobs_from_estimate * 7 >= {{ counts }}.ordinary_jobs
            and {{ counts }}.jobs_after_sale * 2 >= {{ counts }}.ordinary_jobs
            and {{ counts }}.jobs_that_became_another * 4 < {{ counts }}.ordinary_jobs
            and {{ counts }}.free_jobs * 2 < {{ counts }}.ordinary_jobs
            then 'install'
        when {{ counts }}.jobs_from_estimate * 20 >= {{ counts }}.ordinary_jobs then null
        when
            {{ counts }}.jobs_that_became_another * 10 >= {{ counts }}.ordinary_jobs
            and {{ counts }}.jobs_that_became_another * 2 > {{ counts }}.jobs_with_sold_estimates
            then 'sales'
        when
            {{ of_tenant }}.jobs_from_estimate >= {{ enough_jobs() }}
            and {{ counts }}.jobs_that_became_another * 20 < {{ counts }}.ordinary_jobs
            and {{ counts }}.jobs_after_sale * 2 < {{ counts }}.ordinary_jobs
            and {{ counts }}.completed_jobs * 2 >= {{ counts }}.ordinary_jobs
            and (
                {{ counts }}.jobs_with_estimates * 5 < {{ counts }}.ordinary_jobs * 2
                or ({{ counts }}.jobs_with_sold_estimates - {{ counts }}.jobs_that_became_another) * 2
                >= {{ counts }}.jobs_with_estimates
            )
            then 'other'
    end
{%- endmacro %}

{% macro enough_jobs() %}{{ return(20) }}{% endmacro %}
