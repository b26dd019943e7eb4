{# A job's kind hangs on its type, its unit and its own links. So that there are few kinds of jobs to ask rules about, a
   link counts only as far as some rule in force asks for it: an id that a rule names is itself, and any other is 0. #}
{% macro asked_of(jobs) %}
    {%- set rules = relation_before('seeds', 'job_kind_rules') %}
    {%- set rows = run_query('select distinct match_field, pattern from ' ~ rules).rows if rules else [] %}
    {%- set asked = {} %}
    {%- for link in ['recall_for_id', 'warranty_id', 'created_from_estimate_id'] %}
        {%- set patterns = rows | selectattr(0, 'equalto', link) | map(attribute=1) | reject('none') | list %}
        {%- set ids = patterns | reject('equalto', '*') | list %}
        {%- set column = jobs ~ '.' ~ link %}
        {%- if patterns %}
            {%- do asked.update({link: 'case'
                ~ (' when ' ~ column ~ ' in (' ~ ids | join(', ') ~ ') then ' ~ column if ids else '')
                ~ (' when ' ~ column ~ ' is not null then 0' if '*' in patterns else '')
                ~ ' end'}) %}
        {%- endif %}
    {%- endfor %}
    {%- if rows | selectattr(0, 'equalto', 'no_charge') | list %}
        {%- do asked.update({'is_no_charge': jobs ~ '.is_no_charge'}) %}
    {%- endif %}
    {{ return(asked) }}
{% endmacro %}
