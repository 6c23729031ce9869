//! Constants known in closed form.
