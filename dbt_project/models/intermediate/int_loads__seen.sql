select * from {{ ref('int_loads') }}
