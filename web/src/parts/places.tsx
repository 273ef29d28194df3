import { Autocomplete, type AutocompleteProps } from "@mantine/core";

const zones = Intl.supportedValuesOf("timeZone");
const currencies = Intl.supportedValuesOf("currency");

/** A time zone: the names that the browser knows are offered, others can be typed. */
export function TimezoneInput(props: AutocompleteProps) {
	return (
		<Autocomplete
			label="Time zone"
			description="An IANA name such as Europe/Warsaw, or GMT+1."
			required
			data={zones}
			limit={50}
			{...props}
		/>
	);
}

/** A currency by its ISO 4217 code. */
export function CurrencyInput(props: AutocompleteProps) {
	return <Autocomplete label="Currency" description="An ISO 4217 code such as EUR." required data={currencies} limit={50} {...props} />;
}
