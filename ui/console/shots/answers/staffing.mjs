// The staffing calculator, played.
const at = (agents, service_level, mean_wait_s, abandonment = 0) => ({
  agents,
  agents_scheduled: Math.ceil(agents / 0.7 - 1e-9),
  service_level,
  service_level_excluding_abandoned: service_level,
  probability_of_wait: 1 - service_level * 0.9,
  mean_wait_s,
  occupancy: Math.min(1, 10 / agents),
  abandonment,
});
const around = [
  at(10, 0, null), at(11, 0.3896138, 122.8), at(12, 0.6540, 40.4), at(13, 0.795595, 17.1), at(14, 0.88835, 7.836), at(15, 0.9417, 3.7), at(16, 0.9712, 1.8), at(17, 0.9865, 0.9), at(18, 0.994, 0.4),
];
const shape = (slot) => (slot < 14 || slot >= 42 ? 0 : Math.round(30 + 90 * Math.exp(-((slot - 20) ** 2) / 18) + 60 * Math.exp(-((slot - 32) ** 2) / 30)));
const slots = Array.from({ length: 48 }, (_, slot) => {
  const calls = shape(slot);
  const agents = calls === 0 ? 0 : Math.ceil(calls / 10) + 3;
  return { from_minute: slot * 30, calls, agents, agents_scheduled: Math.ceil(agents / 0.7), service_level: calls === 0 ? 1 : slot === 20 ? 0.78 : 0.8 + (slot % 7) / 40, mean_wait_s: calls === 0 ? 0 : 6.2 + (slot % 5), occupancy: calls === 0 ? 0 : 0.7, abandonment: calls === 0 ? 0 : 0.012 };
});
const fit = { calls: 51_288, days: 28, calls_a_day: 1831.7, profile: slots.map((slot) => slot.calls / 1832), handle_s: 181.4, patience_s: 212 };

export const staffing = {
  'POST /staffing': { needed: around[4], around },
  'POST /staffing/day': { fit, slots, peak_scheduled: 22, agent_hours: 148.5, scheduled_hours: 214, reached: false, cut_short: false },
};
