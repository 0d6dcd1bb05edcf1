"""First floor: each adapter hides exactly one outside thing, and none knows another."""
