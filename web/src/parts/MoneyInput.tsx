import { NumberInput, type NumberInputProps } from "@mantine/core";
import { digitsOf } from "./money";

type Props = Omit<NumberInputProps, "value" | "onChange"> & {
	currency: string;
	value: number | null;
	onChange: (minor: number | null) => void;
};

/** Takes an amount as people write it, and hands it on in minor units. */
export function MoneyInput({ currency, value, onChange, ...props }: Props) {
	const digits = digitsOf(currency);
	return (
		<NumberInput
			{...props}
			value={value === null ? "" : value / 10 ** digits}
			onChange={(v) => onChange(v === "" ? null : Math.round(Number(v) * 10 ** digits))}
			min={0}
			decimalScale={digits}
			fixedDecimalScale
			suffix={` ${currency}`}
			hideControls
		/>
	);
}
