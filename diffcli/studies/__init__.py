"""Questions asked of the methods: how an error depends on the step, how expressions swell, whether the ways agree."""
