/** Words that several rules use; labels as Go templates write them. */
export const METER = '{{ $labels.meter }}';
export const EXPERIENCE = 'experience';
