using System.Text;
using Punnet.Abi;

namespace Punnet.Plan;

public static partial class PlanText
{
    private static void Overlay(Sections text, OverlayPlan plan, CString root)
    {
        foreach (LayerStep layer in plan.Layers)
        {
            text.Line("layer " + PlanWords.Quoted(layer.Path) + " (" + layer.Place + ")");
        }

        string place = plan.UpperPlace.Length == 0 ? "" : " (" + plan.UpperPlace + ")";
        text.Line(!plan.Upper.IsNull,
            "changes to " + PlanWords.Quoted(plan.Upper) + place + (plan.OwnsUpper ? ", removed with the container" : ""));
        text.Line(!plan.TmpfsSize.IsNull, "changes to a tmpfs of " + PlanWords.Quoted(plan.TmpfsSize) + " bytes");
        text.Line(plan.MapsIds, "ids mapped as the container's");
        StringBuilder line = new(plan.IsBind ? "bind the layer" : "stack the layers");
        line.Append(" on ").Append(PlanWords.Quoted(root)).Append(plan.UserXattr ? ", marks in user.overlay" : "");
        foreach (MountParameter option in plan.Options)
        {
            line.Append(' ').Append(PlanWords.Quoted(option.Key.ToString() + (option.Value.IsNull ? "" : "=" + option.Value.ToString())));
        }

        line.Append(plan.LabelKey.IsNull && plan.Label.IsNull ? "" : " labelled "
            + PlanWords.Quoted(plan.LabelKey.ToString() + "=" + plan.Label.ToString()));
        text.Line(line.ToString());
    }
}
