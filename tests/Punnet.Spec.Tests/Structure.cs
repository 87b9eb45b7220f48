using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Text;

namespace Punnet.Spec.Tests;

/// <summary>Spells out a record with all that is in it: records compare their lists by reference.</summary>
internal static class Structure
{
    public static string Of(object? value)
    {
        StringBuilder text = new();
        Append(text, value, 0);
        return text.ToString();
    }

    /// <summary>The properties, as <c>Record.Property</c>, that are empty in every record below this one.</summary>
    public static IReadOnlyList<string> NeverSet(object root)
    {
        Dictionary<string, bool> seen = new(StringComparer.Ordinal);
        Note(root, seen);
        return [.. seen.Where(property => !property.Value).Select(property => property.Key)];
    }

    private static void Note(object? value, Dictionary<string, bool> seen)
    {
        if (value is IEnumerable list and not string)
        {
            foreach (object? element in list)
            {
                Note(element, seen);
            }
        }
        else if (value is not null && value.GetType().Namespace == typeof(Config).Namespace)
        {
            foreach (PropertyInfo property in value.GetType().GetProperties())
            {
                object? member = property.GetValue(value);
                string name = value.GetType().Name + "." + property.Name;
                bool mayBeAbsent = Nullable.GetUnderlyingType(property.PropertyType) is not null;
                bool isSet = mayBeAbsent ? member is not null
                    : member is not (null or 0 or 0u or 0L or 0UL or false or "" or ICollection { Count: 0 });
                seen[name] = isSet || seen.GetValueOrDefault(name);
                Note(member, seen);
            }
        }
        else if (value?.GetType() is { IsGenericType: true } pair && pair.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        {
            Note(pair.GetProperty("Value")!.GetValue(value), seen);
        }
    }

    private static void Append(StringBuilder text, object? value, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null\n");
                break;
            case string or bool:
                text.Append('"').Append(value).Append("\"\n");
                break;
            case IFormattable number and not IEnumerable:
                text.Append(number.ToString(null, CultureInfo.InvariantCulture)).Append('\n');
                break;
            case IDictionary map:
                text.Append("map\n");
                foreach (DictionaryEntry entry in map)
                {
                    Line(text, depth + 1, "'" + entry.Key + "'", entry.Value ?? Empty(value.GetType().GetGenericArguments()[1]));
                }

                break;
            case IEnumerable list:
                text.Append("list\n");
                Type of = value.GetType() is { IsGenericType: true } generic ? generic.GetGenericArguments()[0] : typeof(object);
                foreach (object? element in list)
                {
                    Line(text, depth + 1, "-", element ?? Empty(of));
                }

                break;
            default:
                text.Append(value.GetType().Name).Append('\n');
                foreach (PropertyInfo property in value.GetType().GetProperties().OrderBy(property => property.Name,
                    StringComparer.Ordinal))
                {
                    Line(text, depth + 1, property.Name, property.GetValue(value) ?? Initial(property));
                }

                break;
        }
    }

    // A generated reader sets every init-only property, and what the document leaves out to null whatever its initializer says.
    private static object? Initial(PropertyInfo property) =>
        new NullabilityInfoContext().Create(property).ReadState == NullabilityState.NotNull
            ? property.GetValue(Empty(property.DeclaringType!)) : null;

    // What ConfigReader makes of a null in a list or a map.
    private static object? Empty(Type type)
    {
        if (type == typeof(string))
        {
            return "";
        }

        ConstructorInfo? constructor = type.GetConstructors().MinBy(constructor => constructor.GetParameters().Length);
        return constructor?.Invoke(new object?[constructor.GetParameters().Length]);
    }

    private static void Line(StringBuilder text, int depth, string name, object? value)
    {
        text.Append(' ', depth * 2).Append(name).Append(": ");
        Append(text, value, depth);
    }
}
