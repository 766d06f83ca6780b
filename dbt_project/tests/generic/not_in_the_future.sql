{# Returns the rows whose instant is still to come. #}
{% test not_in_the_future(model, column_name) %}
select *
from {{ model }}
where {{ column_name }} > now()
{% endtest %}
