"""The ground floor: what two floors need, once. It imports none of the others."""
